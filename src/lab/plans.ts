import {
  type ActivationName,
  type InitializerName,
  type NetworkSpec,
  type OptimizerName,
  type RuleName,
  rules,
  trainedLike,
} from '../core.js';

/** LeNet-5 for MNIST, as a run builds it. */
export const specWith = (activation: ActivationName): NetworkSpec => ({
  model: 'lenet5',
  activation,
  inputShape: [1, 28, 28],
  classes: 10,
  mean: [0.1307],
  std: [0.3081],
});

/** What a network's training depends on, rule by rule. */
export interface RuleTraining {
  readonly optimizer: OptimizerName;
  readonly learningRate: number;
  readonly warmupEpochs: number;
  readonly decoupledDecay: number;
}

export interface Plan {
  readonly title: string;
  readonly activation: ActivationName;
  readonly initializer: InitializerName;
  /** A rule that isn't named is trained like one of the two that always are. */
  readonly training: Readonly<Record<'bp' | 'fa', RuleTraining> & Partial<Record<RuleName, RuleTraining>>>;
}

/** How a plan trains a rule. */
export const ruleTraining = ({ training }: Plan, rule: RuleName): RuleTraining =>
  training[rule] ?? training[trainedLike(rules[rule])];

const by =
  (optimizer: OptimizerName) =>
  (learningRate: number): RuleTraining => ({ optimizer, learningRate, warmupEpochs: 0, decoupledDecay: 0 });
const sgd = by('sgd');
const adam = by('adam');
/** Kolen–Pollack begins gently, and decays: without it B would never forget where it began. */
const kp: RuleTraining = { ...sgd(0.02), warmupEpochs: 0.5, decoupledDecay: 0.05 };

/** The main job's presets for MNIST, on the images that the page has. */
export const plans = {
  tuned: {
    title: 'tuned: both networks learn cleanly',
    activation: 'relu',
    initializer: 'kaiming-uniform',
    training: { bp: sgd(0.02), fa: sgd(0.02), dfa: adam(0.001), drtp: sgd(0.02), kp },
  },
  paper: {
    title: 'paper: FA learns so fast that its softmax saturates',
    activation: 'relu',
    initializer: 'truncated-normal',
    training: { bp: adam(0.001), fa: adam(0.01), dfa: adam(0.003), drtp: sgd(0.01), kp },
  },
  tanh: {
    title: 'tanh: units that cannot explode, which DRTP needs',
    activation: 'tanh',
    initializer: 'kaiming-uniform',
    training: { bp: adam(0.001), fa: adam(0.001), dfa: adam(0.002), kp },
  },
} satisfies Record<string, Plan>;
export type PlanName = keyof typeof plans;

export const BATCH_SIZE = 64;
export const EPOCHS = 3;
/** Images in the page's training file. */
export const TRAIN_IMAGES = 20_000;
/** Steps of a whole training: what the learning rate falls to 0 over. */
export const STEPS = EPOCHS * Math.ceil(TRAIN_IMAGES / BATCH_SIZE);

/** What one should know before a plan's network of a rule is watched. */
export function noteOn(plan: Plan, rule: RuleName): string | undefined {
  const { label } = rules[rule];
  if (rule === 'drtp' && plan.activation !== 'tanh') {
    return `${label} hardly learns with ReLU units, which its targets drive without end: choose the preset tanh.`;
  }
  const warmup = Math.round((ruleTraining(plan, rule).warmupEpochs * STEPS) / EPOCHS);
  if (warmup === 0) return undefined;
  return `${label}’s learning rate rises from 0 over the first ${warmup} mini-batches, while its feedback begins to agree with its weights: at first it shows little.`;
}
