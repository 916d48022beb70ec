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
const ADVICE = 'The file is damaged or was changed by hand: restore it from a copy.';

/**
 * Reads the text of a `metrics.jsonl`; empty lines are let pass, and the last need not be ended.
 *
 * @param file what messages call it
 * @param advice what the reader is told to do
 * @throws {UserError} if a line is not JSON, or a field is missing or impossible
 */
export function parseMetrics(text: string, file: string, advice = ADVICE): EpochMetrics[] {
  const lines = text.split('\n', MOST_LINES + 1);
  if (lines.length > MOST_LINES) throw new UserError(`${file} has more than ${MOST_LINES} lines. ${advice}`);
  return lines.flatMap((line, index) => {
    if (line.trim() === '') return [];
    const place = `${file}, line ${index + 1},`;
    const value = parseJson(line, place, advice);
    const parsed = epochSchema.safeParse(value);
    if (parsed.success) return [parsed.data];
    throw new UserError(`${place} is no epoch of a network:\n${faultList(parsed.error, value)}\n${advice}`);
  });
}

/**
 * The text of a `metrics.jsonl` up to its last whole line: a crash or a full disk may cut the last one off. A last line
 * that only lacks its line break is whole.
 */
export function withoutTornLine(text: string): string {
  const start = text.lastIndexOf('\n') + 1;
  try {
    if (start < text.length) JSON.parse(text.slice(start));
    return text;
  } catch {
    return text.slice(0, start);
  }
}

/**
 * What a finished run's metrics lack, in a sentence; undefined if each of its networks has all its epochs.
 *
 * @param epochs how many each network was trained for, by its rule
 */
export function missingEpochs(
  lines: readonly EpochMetrics[],
  epochs: Readonly<Record<string, number>>,
  file: string,
): string | undefined {
  for (const [rule, expected] of Object.entries(epochs)) {
    const told = new Set(lines.filter((line) => line.rule === rule).map(({ epoch }) => epoch));
    const lacking = Array.from({ length: expected }, (_, i) => i + 1).filter((epoch) => !told.has(epoch));
    if (lacking.length > 0) return `${file} has ${expected - lacking.length} of the ${expected} epochs of ${rule}.`;
  }
  return undefined;
}
