import { z } from 'zod';
import { UserError } from '../errors.js';
import { count, faultList, type Parsed, parseJson, share, table } from '../schema.js';

/*
 * The schema of a line of `metrics.jsonl`: one epoch of one network. Fields may be added; none changes its meaning.
 */

/** Degrees by layer; null where one of the two vectors is zero. */
const angles = table(z.number().min(0).max(180).nullable());

const epochSchema = z.looseObject({
  rule: z.string(),
  /** Counted from 1. */
  epoch: count.min(1),
  loss: z.number(),
  /** Over the images as they were met. */
  trainAccuracy: share,
  testAccuracy: share,
  /** At the epoch's last step. */
  learningRate: z.number().min(0),
  seconds: z.number().min(0),
  /** Between the rule's gradient and backpropagation's. */
  gradientAngles: angles,
  /** Between weights and what the rule sends errors through in their place, for a rule that does. */
  weightAngles: angles.optional(),
  /** The latter's norm, with the weights' as the unit; null where the layer sends no error. */
  weightNormRatios: table(z.number().min(0).nullable()).optional(),
  /** Between the error that the rule sends below a layer, to the pixels at last, and backpropagation's. */
  errorAngles: angles.optional(),
});
/** One epoch of one network. */
export type EpochMetrics = Parsed<typeof epochSchema>;

/** How long a network's epochs took together. */
export const secondsOf = (lines: readonly EpochMetrics[]): number =>
  lines.reduce((sum, { seconds }) => sum + seconds, 0);

/** The text of a `metrics.jsonl`. */
export const formatMetrics = (lines: readonly EpochMetrics[]): string =>
  lines.map((line) => `${JSON.stringify(line)}\n`).join('');

/** Lines at most, so that no file takes much more memory than its own size. */
const MOST_LINES = 100_000;
const ADVICE =
  'The file is damaged or was changed by hand: choose another folder with --out, or say --force to train anew.';

/**
 * Reads the text of a `metrics.jsonl`; empty lines are let pass, and the last need not be ended.
 *
 * @param file what messages call it
 * @throws {UserError} if a line is not JSON, or a field is missing or impossible
 */
export function parseMetrics(text: string, file: string): EpochMetrics[] {
  const lines = text.split('\n', MOST_LINES + 1);
  if (lines.length > MOST_LINES) throw new UserError(`${file} has more than ${MOST_LINES} lines. ${ADVICE}`);
  return lines.flatMap((line, index) => {
    if (line.trim() === '') return [];
    const place = `${file}, line ${index + 1},`;
    const value = parseJson(line, place, ADVICE);
    const parsed = epochSchema.safeParse(value);
    if (parsed.success) return [parsed.data];
    throw new UserError(`${place} is no epoch of a network:\n${faultList(parsed.error, value)}\n${ADVICE}`);
  });
}
