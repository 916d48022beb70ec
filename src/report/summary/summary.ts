import { z } from 'zod';
import { gradientPaths } from '../../rules/path.js';
import { count, type FileFormat, list, type Parsed, parseFile, share } from '../../schema.js';

/*
 * The schema of `summary.json`: runs that differ by their seed alone, put together, and the differences between such
 * groups. Fields may be added; none changes its meaning. Objects are loose: a field that a later version added is kept.
 */

/** What is measured of a network: shares in [0, 1], angles in degrees. */
export const quantities = [
  'clean accuracy',
  'accuracy',
  'worst case',
  "paper's attacks",
  'gradient angle',
  'weight angle',
] as const;

const quantitySchema = z.looseObject({
  quantity: z.enum(quantities),
  /** The network that is asked: its learning rule. */
  target: z.string(),
  /** Of an accuracy under attack: the network whose gradient made the examples, the attack, the path, and the loss if any. */
  source: z.string().optional(),
  attack: z.string().optional(),
  path: z.enum(gradientPaths).optional(),
  loss: z.string().optional(),
  epsilon: share.optional(),
  /** Of an angle, at the end of training: the layer. */
  layer: z.string().optional(),
});
/** One quantity, without its value. */
export type Quantity = Parsed<typeof quantitySchema>;

const spreadSchema = quantitySchema.extend({
  /** Over how many runs. */
  count: count.min(1),
  mean: z.number(),
  /** Of the sample; null of a single run. */
  deviation: z.number().min(0).nullable(),
  lowest: z.number(),
  highest: z.number(),
});
/** One quantity over some runs. */
export type QuantitySpread = Parsed<typeof spreadSchema>;

const groupSchema = z.looseObject({
  /** In this summary, and in the names of its figures. */
  id: z.string(),
  dataset: z.string(),
  /** What tells it from the summary's other groups of the data set; empty where nothing does. */
  settings: z.string(),
  seeds: list(count, 1),
  /** The runs' folders, in the seeds' order. */
  runs: list(z.string(), 1),
  testImages: count.min(1),
  /** The test images of the audits; absent where there is none. */
  auditedImages: count.min(1).optional(),
  values: list(spreadSchema),
});
export type Group = Parsed<typeof groupSchema>;

const differenceSchema = z.looseObject({
  /** `id`s: the values are those of `of` less those of `from`, seed by seed. */
  of: z.string(),
  from: z.string(),
  seeds: list(count, 1),
  values: list(spreadSchema),
});
export type Difference = Parsed<typeof differenceSchema>;

const summarySchema = z.looseObject({
  schema: z.literal(1),
  groups: list(groupSchema, 1),
  differences: list(differenceSchema),
  /** What was left out, and what was not compared with what, in a sentence each. */
  notes: list(z.string()),
});
export type Summary = Parsed<typeof summarySchema>;

const format: FileFormat<typeof summarySchema> = {
  schema: summarySchema,
  title: 'the summary.json of a sweep',
  advice: 'Give a summary.json that a sweep or `compare` has written.',
};

/**
 * Reads the text of a `summary.json`.
 *
 * @param file the file's name, for the message of an error
 * @throws {UserError} if the text is not JSON, is of another schema, or a field is missing or impossible
 */
export const parseSummary = (text: string, file: string): Summary => parseFile(format, text, file);
