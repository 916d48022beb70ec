import { createHash } from 'node:crypto';
import { defaultInitializer } from '../models/initialize.js';
import { type RuleName, rules } from '../rules/index.js';
import { redraws } from '../rules/rule.js';
import type { LabelledImages } from '../tensor/images.js';
import type { Config, TrainingConfig } from './config.js';

/**
 * Which fields of a configuration decide a network: the hash is made of these and no others. A new field must be
 * entered here. `data` and `trainSize` do decide, but through the images they lead to, which the hash holds themselves.
 */
const decides = {
  schema: false,
  dataset: true,
  data: false,
  preset: false,
  seed: true,
  trainSize: false,
  testSize: false,
  model: true,
  activation: true,
  initializer: true,
  training: false, // of one rule alone
  attacks: false,
  epsilons: false,
  paths: false,
  loss: false,
  attackOptions: false,
  backend: true,
} as const satisfies Record<keyof Config, boolean>;

type Deciding = { [Field in keyof Config]: (typeof decides)[Field] extends true ? Field : never }[keyof Config];

/**
 * What is left out of the hash where it is so. A setting that a later version adds gets the value here that makes it do
 * nothing, so that networks trained before it keep their hash; no value that stands here may ever change.
 */
const defaults: Pick<Config, Exclude<Deciding, 'dataset' | 'seed' | 'initializer' | 'backend'>> = {
  model: 'lenet5',
  activation: 'relu',
};

const trainingDefaults: Omit<TrainingConfig, 'optimizer' | 'learningRate' | 'epochs' | 'batchSize'> = {
  decay: 'linear',
  warmupEpochs: 0,
  momentum: 0.9,
  weightDecay: 0,
  decoupledDecay: 0,
  augment: false,
};

/** The images that a network is trained on, as its hash sees them. */
export interface TrainingImages {
  /** SHA-256 (hexadecimal) of their pixels and labels, whatever files they were read from. */
  readonly sha256: string;
  readonly count: number;
}

/** Pixels, then labels: both are of a known length, so that their place in the row tells them apart. */
export const trainingImages = ({ pixels, labels, count }: LabelledImages): TrainingImages => ({
  sha256: createHash('sha256').update(pixels).update(labels).digest('hex'),
  count,
});

/**
 * The hash of all that decides one network, by which it can be told from every other: configurations and images that
 * have the same one train the network of this rule to the same bits. It knows of no path, worker, test image, attack or
 * epsilon.
 *
 * @param images those that it is trained on
 * @returns SHA-256 (hexadecimal) of sorted JSON
 * @throws {Error} if the configuration trains no network by this rule
 */
export function trainingHash(config: Config, rule: RuleName, images: TrainingImages): string {
  return hashOf(config, rule, images, redrawsOtherwise(config, rule) ? { redrawnFrom: 'initializer' } : {});
}

/** Training by earlier versions under the same configuration, where it gave another network. */
export interface EarlierTraining {
  readonly hash: string;
  /** What differs, in sentences. */
  readonly difference: string;
}

/** How earlier versions trained this network, if not as this version does. */
export function earlierTraining(config: Config, rule: RuleName, images: TrainingImages): EarlierTraining | undefined {
  if (!redrawsOtherwise(config, rule)) return undefined;
  const { label } = rules[rule];
  return {
    hash: hashOf(config, rule, images, {}),
    difference: `an earlier version trained it. That version redrew ${label}'s magnitudes from ${defaultInitializer}, whatever the initializer; this version redraws them from ${config.initializer}, the run's initializer`,
  };
}

/** Whether earlier versions redrew the rule's feedback weights from another distribution than the initializer's. */
const redrawsOtherwise = ({ initializer }: Config, rule: RuleName): boolean =>
  redraws(rules[rule]) && initializer !== defaultInitializer;

/** @param differences what tells this version's training from earlier ones' */
function hashOf(config: Config, rule: RuleName, images: TrainingImages, differences: object): string {
  const plan = config.training[rule];
  if (!plan) throw new Error(`the configuration trains no network by ${rule}`);
  const fields = Object.entries(config).filter(([field]) => decides[field as keyof Config]);
  const deciding = {
    ...withoutDefaults(Object.fromEntries(fields), defaults),
    rule,
    training: withoutDefaults(plan, trainingDefaults),
    trainingImages: images,
    ...differences,
  };
  return createHash('sha256').update(sortedJson(deciding)).digest('hex');
}

function withoutDefaults(values: object, known: object): Record<string, unknown> {
  const defaultOf = new Map<string, unknown>(Object.entries(known));
  return Object.fromEntries(Object.entries(values).filter(([name, value]) => defaultOf.get(name) !== value));
}

/** JSON in which every object's names are in the order of their UTF-16 code units. */
export function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
