import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { attacks } from '../attacks/index.js';
import * as check from '../check.js';
import { datasets } from '../datasets/index.js';
import { UserError } from '../errors.js';
import { losses } from '../losses/index.js';
import { models } from '../models/index.js';
import { initializers } from '../models/initialize.js';
import { activations } from '../models/lenet.js';
import { rules } from '../rules/index.js';
import { gradientPaths } from '../rules/path.js';
import { type FileFormat, faultList, keyOf, keysOf, list, parseFile } from '../schema.js';
import { backends } from '../tensor/kernels.js';
import { optimizers } from '../training/optimizers.js';
import { decays } from '../training/schedule.js';
import { type Range, ranges } from './ranges.js';

/** JSON can write −0, which is 0 here: else a configuration would differ from itself, written and read. */
function numberIn({ whole, from, above, to, below }: Range) {
  let schema = whole ? z.number().int() : z.number();
  if (from !== undefined) schema = schema.min(from);
  if (above !== undefined) schema = schema.gt(above);
  if (to !== undefined) schema = schema.max(to);
  if (below !== undefined) schema = schema.lt(below);
  return schema.overwrite((value) => value + 0);
}

const trainingSchema = z.strictObject({
  optimizer: keyOf(optimizers),
  learningRate: numberIn(ranges.learningRate),
  decay: keyOf(decays),
  warmupEpochs: numberIn(ranges.warmupEpochs),
  epochs: numberIn(ranges.epochs),
  batchSize: numberIn(ranges.batchSize),
  momentum: numberIn(ranges.sgdMomentum),
  weightDecay: numberIn(ranges.weightDecay),
  /** Which files of earlier versions do not know. */
  decoupledDecay: numberIn(ranges.decoupledDecay).default(0),
  augment: z.boolean(),
});

/** Some of the names, one at least: read in any order, kept in that of `all`, each once. */
const someOf = <const Name extends string>(all: readonly Name[]) =>
  list(z.enum(all), 1).transform((some) => all.filter((name) => (some as Name[]).includes(name)));

/** `config.json`: everything that is needed to repeat a run, defaults filled in. */
export const configSchema = z.strictObject({
  schema: z.literal(1),
  dataset: keyOf(datasets),
  /** A folder with the data set's files, or null for the data set's usual source. */
  data: z
    .string()
    .refine((path) => !path.includes('\0'), { error: 'must be a path without a null character' })
    .nullable(),
  preset: z.string(),
  seed: numberIn(ranges.seed),
  /** How many images, from the first; null for all. */
  trainSize: numberIn(ranges.trainSize).nullable(),
  testSize: numberIn(ranges.testSize).nullable(),
  model: keyOf(models),
  activation: keyOf(activations),
  initializer: keyOf(initializers),
  /** Each learning rule that gets a network, and how that is trained; in the order of the table. */
  training: z
    .partialRecord(keyOf(rules), trainingSchema)
    .transform((training) => inOrderOf(keysOf(rules), training))
    .refine((training) => Object.keys(training).length > 0, {
      error: `no learning rule is named; accepted are ${keysOf(rules).join(', ')}`,
    }),
  attacks: someOf(keysOf(attacks)),
  /** Ascending, each once. */
  epsilons: list(numberIn(ranges.epsilon), 1).transform((epsilons) => [...new Set(epsilons)].sort((a, b) => a - b)),
  /** What carries the attacks' gradient down: the rule's own feedback path, the true transposed weights, or each in turn. */
  paths: someOf(gradientPaths),
  /** What the attacks make grow. */
  loss: keyOf(losses),
  attackOptions: z.strictObject({
    /** null: each attack's own default. */
    iterations: numberIn(ranges.iterations).nullable(),
    /** In pixel units; null: epsilon / iterations. */
    stepSize: numberIn(ranges.stepSize).nullable(),
    momentum: numberIn(ranges.attackMomentum).nullable(),
    project: z.boolean(),
    clip: z.boolean(),
  }),
  backend: z.enum(backends),
});

export type Config = z.infer<typeof configSchema>;
export type TrainingConfig = z.infer<typeof trainingSchema>;

/** The record's entries in the order of `names`. */
function inOrderOf<Name extends string, Value>(names: readonly Name[], record: Partial<Record<Name, Value>>) {
  const there = names.filter((name) => record[name] !== undefined);
  return Object.fromEntries(there.map((name) => [name, record[name]])) as Partial<Record<Name, Value>>;
}

const format: FileFormat<typeof configSchema> = {
  schema: configSchema,
  title: 'the config.json of a run',
  advice: 'Give a config.json that a run has written.',
};

/**
 * Checks a configuration, from a file or put together from options. Rules, attacks and paths come back in the order of
 * their tables and epsilons ascending, each once, however they were written.
 *
 * @param source what messages call it, such as the file's path
 * @throws {UserError} with every value that is missing or not acceptable
 * @throws {RangeError} if there is no source
 */
export function parseConfig(value: unknown, source: string): Config {
  check.text('parseConfig', 'source', source);
  const result = configSchema.safeParse(value);
  if (result.success) return result.data;
  throw new UserError(`${source} is not a usable configuration:\n${faultList(result.error, value)}`);
}

/**
 * The configuration in the text of a `config.json`.
 *
 * @param advice what the reader is told to do
 * @throws {UserError} if it is not JSON, is of another schema, or not a usable configuration
 */
export const parseConfigText = (text: string, file: string, advice = format.advice): Config =>
  parseFile(format, text, file, advice);

/** Whether two configurations say the same, wherever their data lie. */
export const sameRun = (one: Config, other: Config): boolean =>
  isDeepStrictEqual({ ...one, data: null }, { ...other, data: null });
