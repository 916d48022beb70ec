/** What an audit leaves in a run's folder. Each file is written to a temporary name and renamed. */
import { join } from 'node:path';
import { csvFormat } from 'd3-dsv';
import type { ImageRow } from '../../audit/conclude.js';
import { type Audit, parseAudit } from '../../audit/findings.js';
import { writeWhole } from '../../disk/files.js';
import { figureF } from '../figures/angle.js';
import { drawInto } from '../figures/draw.js';
import { figureC } from '../figures/worst-case.js';

const columns = [
  'model',
  'epsilon',
  'image',
  'label',
  'cleanPrediction',
  'firstAttack',
  'queries',
  'prediction',
] as const;

/**
 * Writes `audit.json`, `audit.csv` and figures (c) and (f) into an existing folder.
 *
 * @param rows by model, in the order of audit.json
 * @returns the names of the files
 * @throws {UserError} if the audit would not read back; nothing is written then
 */
export async function writeAudit(
  audit: Audit,
  rows: Readonly<Record<string, readonly ImageRow[]>>,
  folder: string,
): Promise<string[]> {
  const json = `${JSON.stringify(audit, null, 2)}\n`;
  parseAudit(json, join(folder, 'audit.json'));
  await writeWhole(join(folder, 'audit.json'), json);
  await writeWhole(join(folder, 'audit.csv'), formatAuditCsv(rows));
  const figures = await drawInto(folder, { 'figure-c': figureC(audit), 'figure-f': figureF(audit) });
  return ['audit.json', 'audit.csv', ...figures];
}

/**
 * The text of `audit.csv`: a row for each model, epsilon and image. `firstAttack`, `queries` and `prediction` are empty
 * where nothing fooled the network; `firstAttack` is `none` where it was wrong without attack.
 */
export function formatAuditCsv(rows: Readonly<Record<string, readonly ImageRow[]>>): string {
  const flat = Object.entries(rows).flatMap(([model, own]) =>
    own.map(({ fate, ...row }) => ({
      model,
      ...row,
      firstAttack: fate?.by ?? '',
      queries: fate?.queries ?? '',
      prediction: fate?.prediction ?? '',
    })),
  );
  return `${csvFormat(flat, [...columns])}\n`;
}
