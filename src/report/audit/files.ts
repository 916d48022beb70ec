/** What an audit leaves in a run's folder. Each file is written to a temporary name and renamed. */
import { join } from 'node:path';
import { csvFormat } from 'd3-dsv';
import type { ImageRow } from '../../audit/conclude.js';
import { type Audit, parseAudit } from '../../audit/findings.js';
import { remove, writeWhole } from '../../disk/files.js';
import { renderPng, renderSvg } from '../figures/render.js';
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
 * Writes `audit.json`, `audit.csv` and figure (c) into an existing folder.
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
  const figures = ['figure-c.svg', 'figure-c.png'] as const;
  const spec = figureC(audit);
  if (spec === undefined) {
    await Promise.all(figures.map((file) => remove(join(folder, file))));
    return ['audit.json', 'audit.csv'];
  }
  const svg = await renderSvg(spec);
  await writeWhole(join(folder, figures[0]), svg);
  await writeWhole(join(folder, figures[1]), await renderPng(svg));
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
