/** What an audit leaves in a run's folder. Each file is written to a temporary name and renamed. */
import { join } from 'node:path';
import { csvFormat, csvParse } from 'd3-dsv';
import { z } from 'zod';
import type { ImageRow } from '../../audit/conclude.js';
import { type Audit, parseAudit } from '../../audit/findings.js';
import { writeWhole } from '../../disk/files.js';
import { UserError } from '../../errors.js';
import { figureF } from '../figures/angle.js';
import { drawInto } from '../figures/draw.js';
import { figureC } from '../figures/worst-case.js';

const numbers = [
  'model',
  'epsilon',
  'image',
  'label',
  'cleanPrediction',
  'firstAttack',
  'queries',
  'prediction',
] as const;
/** What the class indices in three of the columns mean. Files of earlier versions don't have these. */
const names = ['labelName', 'cleanPredictionName', 'predictionName'] as const;
const columns = [...numbers, ...names] as const;

/**
 * Writes `audit.csv`, figures (c) and (f), and then `audit.json` into an existing folder: where that is, nothing is
 * missing.
 *
 * @param rows by model, in the order of audit.json
 * @param to the folder, and whether the figures are drawn
 * @param others writes whatever else is to be there by then, and names it
 * @returns the names of the files
 * @throws {UserError} if the audit would not read back; nothing is written then
 */
export async function writeAudit(
  audit: Audit,
  rows: Readonly<Record<string, readonly ImageRow[]>>,
  { folder, figures }: { readonly folder: string; readonly figures: boolean },
  others: () => Promise<readonly string[]> = async () => [],
): Promise<string[]> {
  const json = `${JSON.stringify(audit, null, 2)}\n`;
  parseAudit(json, join(folder, 'audit.json'));
  await writeWhole(join(folder, 'audit.csv'), formatAuditCsv(rows, audit.classes));
  const drawn = figures ? await writeAuditFigures(audit, folder) : [];
  const more = await others();
  await writeWhole(join(folder, 'audit.json'), json);
  return ['audit.json', 'audit.csv', ...drawn, ...more];
}

/**
 * Draws figures (c) and (f) into an existing folder; one that the audit has nothing for is removed.
 *
 * @returns the names of the files
 */
export function writeAuditFigures(audit: Audit, folder: string): Promise<string[]> {
  return drawInto(folder, { 'figure-c': figureC(audit), 'figure-f': figureF(audit) });
}

/**
 * The text of `audit.csv`: a row for each model, epsilon and image. `firstAttack`, `queries` and `prediction` are empty
 * where nothing fooled the network; `firstAttack` is `none` where it was wrong without attack.
 *
 * @param classes what each class index means: three more columns; left out if it isn't known
 */
export function formatAuditCsv(
  rows: Readonly<Record<string, readonly ImageRow[]>>,
  classes?: readonly string[],
): string {
  const nameOf = (index: number | undefined) => (index === undefined ? '' : (classes?.[index] ?? ''));
  const flat = Object.entries(rows).flatMap(([model, own]) =>
    own.map(({ fate, ...row }) => ({
      model,
      ...row,
      firstAttack: fate?.by ?? '',
      queries: fate?.queries ?? '',
      prediction: fate?.prediction ?? '',
      labelName: nameOf(row.label),
      cleanPredictionName: nameOf(row.cleanPrediction),
      predictionName: nameOf(fate?.prediction),
    })),
  );
  return `${csvFormat(flat, classes ? [...columns] : [...numbers])}\n`;
}

const rowSchema = z.strictObject({
  model: z.string(),
  epsilon: z.string(),
  image: z.string(),
  label: z.string(),
  cleanPrediction: z.string(),
  firstAttack: z.string(),
  queries: z.string(),
  prediction: z.string(),
  labelName: z.string().optional(),
  cleanPredictionName: z.string().optional(),
  predictionName: z.string().optional(),
} satisfies Record<(typeof numbers)[number], z.ZodString> & Record<(typeof names)[number], z.ZodOptional>);

/**
 * Checks that a text is the `audit.csv` of an audit: as {@link formatAuditCsv} writes one, a row for each of the audit's
 * networks, epsilons and images.
 *
 * @throws {UserError} if it is not
 */
export function checkAuditCsv(text: string, { models, testImages }: Audit): void {
  const rows = csvParse(text);
  const refuse = (why: string): never => {
    throw new UserError(`audit.csv is not that of the audit: ${why}.`);
  };
  const expected = Object.values(models).reduce((sum, { points }) => sum + points.length * testImages, 0);
  if (![columns, numbers].some((known) => rows.columns.join() === known.join())) refuse('it has other columns');
  if (rows.length !== expected) refuse(`it has ${rows.length} rows; ${expected} are expected`);
  const whole = (field: string) => /^\d{1,9}$/.test(field);
  for (const [index, row] of rows.entries()) {
    const { success, data } = rowSchema.safeParse({ ...row });
    const fits =
      success &&
      models[data.model]?.points.some(({ epsilon }) => `${epsilon}` === data.epsilon) &&
      [data.image, data.label, data.cleanPrediction].every(whole) &&
      [data.queries, data.prediction].every((field) => field === '' || whole(field)) &&
      data.firstAttack.length < 200;
    if (!fits) refuse(`its row ${index + 1} can't be`);
  }
}
