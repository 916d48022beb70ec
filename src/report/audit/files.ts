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
/** The columns with the names of the classes in three other columns. Files of earlier versions don't have these. */
const names = ['labelName', 'cleanPredictionName', 'predictionName'] as const;
const columns = [...numbers, ...names, 'outcome'] as const;

/** The outcomes of an image: misclassified without attack, survived all attacks, or an attack fooled the network. */
const outcomes = ['misclassified', 'survived', 'fooled'] as const;

/** The value of `firstAttack` for an image that was misclassified without attack. */
const NO_ATTACK = 'none';

const outcomeOf = (firstAttack: string): (typeof outcomes)[number] => {
  if (firstAttack === NO_ATTACK) return 'misclassified';
  return firstAttack === '' ? 'survived' : 'fooled';
};

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
 * Returns the text of `audit.csv`: a row for each model, epsilon and image. `outcome` is `misclassified` without attack,
 * `survived` all attacks, or `fooled` by `firstAttack`. `firstAttack`, `queries` and `prediction` are empty for an image
 * that survived; `firstAttack` is `none` for one that was misclassified.
 *
 * @param classes the names of the classes, which fill three more columns; without them these columns are left out
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
      outcome: outcomeOf(fate?.by ?? ''),
    })),
  );
  return `${csvFormat(flat, classes ? [...columns] : [...numbers, 'outcome'])}\n`;
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
  outcome: z.enum(outcomes).optional(),
} satisfies Record<(typeof columns)[number], z.ZodType>);

/**
 * Checks that a text is the `audit.csv` of an audit, with a row for each of the audit's networks, epsilons and images.
 * {@link formatAuditCsv} has written it, or an earlier build, which wrote no outcome.
 *
 * @throws {UserError} if it is not
 */
export function checkAuditCsv(text: string, { models, testImages }: Audit): void {
  const rows = csvParse(text);
  const refuse = (why: string): never => {
    throw new UserError(`audit.csv is not that of the audit: ${why}.`);
  };
  const expected = Object.values(models).reduce((sum, { points }) => sum + points.length * testImages, 0);
  const known = [numbers, [...numbers, ...names]].flatMap((older) => [older.join(), [...older, 'outcome'].join()]);
  if (!known.includes(rows.columns.join())) refuse('it has other columns');
  if (rows.length !== expected) refuse(`it has ${rows.length} rows; ${expected} are expected`);
  const whole = (field: string) => /^\d{1,9}$/.test(field);
  for (const [index, row] of rows.entries()) {
    const { success, data } = rowSchema.safeParse({ ...row });
    const fits =
      success &&
      models[data.model]?.points.some(({ epsilon }) => `${epsilon}` === data.epsilon) &&
      [data.image, data.label, data.cleanPrediction].every(whole) &&
      [data.queries, data.prediction].every((field) => field === '' || whole(field)) &&
      data.firstAttack.length < 200 &&
      (data.outcome === undefined || data.outcome === outcomeOf(data.firstAttack));
    if (!fits) refuse(`its row ${index + 1} can't be`);
  }
}
