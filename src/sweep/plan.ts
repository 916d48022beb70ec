import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type AuditSettings, quickAudit } from '../audit/recipe.js';
import { UserError } from '../errors.js';
import { type Config, configSchema } from '../experiment/config.js';
import { sortedJson } from '../experiment/training-hash.js';
import { checkFile, type FileFormat, list, MOST_CHARACTERS, parseJson } from '../schema.js';

/** How the run of a sweep is audited at its end: what `audit` does by default, what `--quick` does, or not at all. */
export const audits = {
  full: {},
  quick: quickAudit,
  none: undefined,
} as const satisfies Record<string, Partial<AuditSettings> | undefined>;
export type AuditName = keyof typeof audits;

/** A run's name is also its folder's: nothing in it leads anywhere else. */
export const runNameSchema = z.string().regex(/^[a-z0-9][a-z0-9-]{0,99}$/, 'accepted are a to z, 0 to 9 and hyphens');

/** One run of a sweep. */
const runSchema = z.strictObject({
  name: runNameSchema,
  audit: z.enum(Object.keys(audits) as AuditName[]),
  config: configSchema,
});
export type PlannedRun = z.infer<typeof runSchema>;

/** `plan.json`: all runs of a sweep, each with everything that is needed to do it. */
const planSchema = z.strictObject({ schema: z.literal(1), runs: list(runSchema, 1) });
export type Plan = z.infer<typeof planSchema>;

const format: FileFormat<typeof planSchema> = {
  schema: planSchema,
  title: 'the plan of a sweep',
  advice: 'Give a plan.json that a sweep has written.',
};

/** The file of a sweep's folder that lists its runs. */
export const PLAN = 'plan.json';

/** Hexadecimal digits of the hash that stand in a run's name. */
const DIGITS = 12;

/**
 * The name of a run: its data set and seed, for people, and a hash of its configuration. The path of the data is
 * replaced by their digest; how many workers there are was never in it.
 *
 * @param data the digest of the data set in `config.data` (data-digest.ts); null for the data set's usual source
 */
export function runName(config: Config, data: string | null): string {
  const hash = createHash('sha256')
    .update(sortedJson({ ...config, data }))
    .digest('hex');
  return `${config.dataset}-${config.seed}-${hash.slice(0, DIGITS)}`;
}

/** A name for the whole of some runs, the same for the same runs. */
export function sweepName(runs: readonly PlannedRun[]): string {
  const names = runs.map(({ name, audit }) => `${name} ${audit}`).sort();
  const hash = createHash('sha256').update(names.join('\n')).digest('hex');
  const sets = [...new Set(runs.map(({ config }) => config.dataset))];
  return `sweep-${sets.join('-')}-${hash.slice(0, 8)}`;
}

/**
 * The text of a `plan.json`, a run a line.
 *
 * @throws {UserError} if it would be longer than what {@link parsePlan} reads
 */
export function formatPlan(runs: readonly PlannedRun[]): string {
  const text = `{ "schema": 1, "runs": [\n${runs.map((run) => JSON.stringify(run)).join(',\n')}\n] }\n`;
  if (text.length <= MOST_CHARACTERS) return text;
  const fitting = Math.floor((MOST_CHARACTERS / text.length) * runs.length);
  throw new UserError(
    `The plan of ${runs.length} such runs has ${text.length} characters; ${MOST_CHARACTERS} are the most, for some ${fitting} runs. Make several sweeps of it.`,
  );
}

/**
 * Reads the text of a `plan.json`.
 *
 * @param file what messages call it
 * @throws {UserError} if it is none, or a run is not usable
 */
export const parsePlan = (text: string, file: string): Plan => checkPlan(parseJson(text, file, format.advice), file);

/** @throws {UserError} as {@link parsePlan} does */
export function checkPlan(value: unknown, file: string): Plan {
  const plan = checkFile(format, value, file);
  const names = plan.runs.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new UserError(`${file} names ${twice} twice. ${format.advice}`);
  return plan;
}
