import type { DatasetName } from '../datasets/index.js';
import { UserError } from '../errors.js';
import { type RuleName, rules } from '../rules/index.js';
import { trainedLike } from '../rules/rule.js';
import type { Config, TrainingConfig } from './config.js';

/** What a preset decides. */
export interface Preset {
  readonly summary: string;
  /** LeNet-5 by default. */
  readonly model?: Config['model'];
  /** ReLU by default. */
  readonly activation?: Config['activation'];
  readonly initializer: Config['initializer'];
  /** How a rule's network is trained; a rule that isn't named is trained like one of the two that always are. */
  readonly training: Readonly<Record<'bp' | 'fa', TrainingConfig> & Partial<Record<RuleName, TrainingConfig>>>;
}

/** How a preset trains a rule's network: by settings of its own, or by those of the rule that it is trained like. */
export const trainingOf = ({ training }: Preset, name: RuleName): TrainingConfig =>
  training[name] ?? training[trainedLike(rules[name])];

const adam = (learningRate: number): TrainingConfig => ({
  optimizer: 'adam',
  learningRate,
  decay: 'linear',
  warmupEpochs: 0,
  epochs: 8,
  batchSize: 64,
  momentum: 0.9,
  weightDecay: 0,
  decoupledDecay: 0,
  augment: false,
});

const sgd = (learningRate: number): TrainingConfig => ({ ...adam(learningRate), optimizer: 'sgd' });

/** What of its weights Kolen–Pollack loses in a step at the full rate, so that B and W forget where they began. */
const FORGETTING = 0.001;

/** SGD for Kolen–Pollack, which begins as feedback alignment does: gently. */
const kolenPollack = (learningRate: number, changes: Partial<TrainingConfig> = {}): TrainingConfig => ({
  ...sgd(learningRate),
  warmupEpochs: 0.5,
  ...changes,
  decoupledDecay: Number((FORGETTING / learningRate).toPrecision(3)),
});

/** SGD for residual networks: their normalisation bears one rate under every rule. */
const deep = (learningRate: number): TrainingConfig => ({
  ...sgd(learningRate),
  epochs: 12,
  decay: 'cosine',
  warmupEpochs: 1,
  weightDecay: 0.0001,
  augment: true,
});

/** A data set's presets; the first is the default. */
export type Presets = Readonly<Record<string, Preset>>;

// The paper gives no hyperparameters; how these were found stands in the README.

const mnist = {
  paper: {
    summary: "the paper's figure: FA learns so fast that its softmax saturates",
    initializer: 'truncated-normal',
    training: { bp: adam(0.001), fa: adam(0.01), dfa: adam(0.003), drtp: sgd(0.01), kp: kolenPollack(0.02) },
  },
  tuned: {
    summary: 'both networks trained cleanly: no saturated logits',
    initializer: 'kaiming-uniform',
    training: { bp: sgd(0.02), fa: sgd(0.02), dfa: adam(0.001), drtp: sgd(0.02), kp: kolenPollack(0.02) },
  },
  tanh: {
    summary: 'units that cannot explode, for the rules whose errors do not fade: FA, DFA, DRTP, and BP beside them',
    activation: 'tanh',
    initializer: 'kaiming-uniform',
    training: { bp: adam(0.001), fa: adam(0.001), dfa: adam(0.002), kp: kolenPollack(0.02) },
  },
} satisfies Presets;

const fashionMnist = {
  paper: {
    summary: 'BP learns by SGD, FA by Adam, slowly enough for no logits to saturate',
    initializer: 'kaiming-uniform',
    training: {
      bp: { ...sgd(0.01), epochs: 15 },
      fa: { ...adam(0.001), epochs: 20 },
      drtp: { ...sgd(0.01), epochs: 15 },
      kp: kolenPollack(0.01, { epochs: 15 }),
    },
  },
} satisfies Presets;

const cifar10 = {
  paper: {
    summary: "the paper's figure: both networks fall, FA more slowly",
    initializer: 'kaiming-uniform',
    training: {
      bp: { ...sgd(0.005), epochs: 12 },
      fa: { ...sgd(0.005), epochs: 16 },
      dfa: { ...adam(0.001), epochs: 16 },
      kp: kolenPollack(0.02, { epochs: 12 }),
    },
  },
  tuned: {
    summary: 'longer, on images moved and mirrored at random',
    initializer: 'kaiming-uniform',
    training: {
      bp: { ...sgd(0.01), epochs: 24, augment: true },
      fa: { ...sgd(0.005), epochs: 24, augment: true },
      dfa: { ...adam(0.001), epochs: 24, augment: true },
      kp: kolenPollack(0.02, { epochs: 24, augment: true }),
    },
  },
  wide: {
    summary: 'the wider LeNet of BioTorch, a long run: about 20 minutes on two cores before the attacks',
    model: 'lenet-wide',
    initializer: 'kaiming-uniform',
    training: {
      bp: { ...sgd(0.03), epochs: 25, decay: 'cosine', warmupEpochs: 1, weightDecay: 0.0005, augment: true },
      fa: { ...adam(0.0005), epochs: 30, decay: 'cosine' },
      drtp: { ...sgd(0.005), epochs: 30, decay: 'cosine' },
      kp: kolenPollack(0.06, { epochs: 25, decay: 'cosine', warmupEpochs: 1, augment: true }),
    },
  },
  resnet20: {
    summary:
      'a residual network of 20 layers, for the angles in deep networks: three quarters of an hour on two cores; --model resnet8 is a fifth of that',
    model: 'resnet20',
    initializer: 'kaiming-uniform',
    training: { bp: deep(0.05), fa: deep(0.05), kp: kolenPollack(0.05, deep(0.05)) },
  },
} satisfies Presets;

/** For data sets that no settings have been sought for: those that suited Fashion-MNIST, slow enough for most. */
const general = {
  general: {
    summary: 'settings that suit most data sets: BP learns by SGD, FA by Adam, slowly',
    initializer: 'kaiming-uniform',
    training: fashionMnist.paper.training,
  },
} satisfies Presets;

const presets: Readonly<Partial<Record<DatasetName, Presets>>> = { mnist, 'fashion-mnist': fashionMnist, cifar10 };

/** A data set's own presets, or the general ones. */
export const presetsOf = (dataset: DatasetName): Presets => presets[dataset] ?? general;

export const defaultPreset = (dataset: DatasetName): string => Object.keys(presetsOf(dataset))[0];

/** @throws {UserError} if the data set has no preset of this name */
export function presetNamed(dataset: DatasetName, name: string): Preset {
  const known = presetsOf(dataset);
  if (Object.hasOwn(known, name)) return known[name];
  throw new UserError(`--preset "${name}" is not known for ${dataset}; accepted are ${Object.keys(known).join(', ')}.`);
}

/** What `--quick` makes of a run: the same job, made small. */
export const quick = { epochs: 2, trainSize: 20_000, testSize: 1000, epsilons: [0, 0.1, 0.3, 0.5, 1] } as const;
