import { z } from 'zod';
import { attacks } from '../attacks/index.js';
import { datasets } from '../datasets/index.js';
import { UserError } from '../errors.js';
import { losses } from '../losses/index.js';
import { models } from '../models/index.js';
import { initializers } from '../models/initialize.js';
import { activations } from '../models/lenet.js';
import { rules } from '../rules/index.js';
import { gradientPaths } from '../rules/path.js';
import { count, keyOf, parseJson } from '../schema.js';
import { backends } from '../tensor/kernels.js';
import { optimizers } from '../training/optimizers.js';
import { decays } from '../training/schedule.js';

const positive = count.min(1);

const trainingSchema = z.strictObject({
  optimizer: keyOf(optimizers),
  learningRate: z.number().positive(),
  decay: keyOf(decays),
  warmupEpochs: z.number().nonnegative(),
  epochs: positive,
  batchSize: positive,
  momentum: z.number().min(0).lt(1),
  weightDecay: z.number().nonnegative(),
  augment: z.boolean(),
});

/** `config.json`: everything that is needed to repeat a run, defaults filled in. */
export const configSchema = z.strictObject({
  schema: z.literal(1),
  dataset: keyOf(datasets),
  /** A folder with the data set's files, or null for the data set's usual source. */
  data: z.string().nullable(),
  preset: z.string(),
  seed: z.number().int().min(0).max(0xffffffff),
  /** How many images, from the first; null for all. */
  trainSize: positive.nullable(),
  testSize: positive.nullable(),
  model: keyOf(models),
  activation: keyOf(activations),
  initializer: keyOf(initializers),
  /** Each learning rule that gets a network, and how that is trained. */
  training: z.partialRecord(keyOf(rules), trainingSchema),
  attacks: z.array(keyOf(attacks)).min(1),
  epsilons: z.array(z.number().min(0).max(1)).min(1),
  /** What carries the attacks' gradient down: the rule's own feedback path, the true transposed weights, or each in turn. */
  paths: z.array(z.enum(gradientPaths)).min(1),
  /** What the attacks make grow. */
  loss: keyOf(losses),
  attackOptions: z.strictObject({
    /** null: each attack's own default. */
    iterations: positive.nullable(),
    /** In pixel units; null: epsilon / iterations. */
    stepSize: z.number().positive().nullable(),
    momentum: z.number().nonnegative().nullable(),
    project: z.boolean(),
    clip: z.boolean(),
  }),
  backend: z.enum(backends),
});

export type Config = z.infer<typeof configSchema>;
export type TrainingConfig = z.infer<typeof trainingSchema>;

/**
 * Checks a configuration, from a file or put together from options.
 *
 * @param source what messages call it, such as the file's path
 * @throws {UserError} with every value that is missing or not acceptable.
 */
export function parseConfig(value: unknown, source: string): Config {
  const result = configSchema.safeParse(value);
  if (!result.success)
    throw new UserError(`${source} is not a usable configuration:\n${z.prettifyError(result.error)}`);
  if (Object.keys(result.data.training).length === 0) {
    throw new UserError(
      `${source} names no learning rule under "training"; accepted are ${Object.keys(rules).join(', ')}.`,
    );
  }
  return result.data;
}

/**
 * The configuration in the text of a `config.json`.
 *
 * @throws {UserError} if it is not JSON, or not a usable configuration.
 */
export function parseConfigText(text: string, file: string): Config {
  return parseConfig(parseJson(text, file, 'Give a config.json that a run has written.'), file);
}
