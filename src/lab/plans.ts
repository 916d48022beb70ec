import type { InitializerName, NetworkSpec, OptimizerName, RuleName } from '../core.js';

/** LeNet-5 for MNIST, as a run builds it. */
export const spec: NetworkSpec = {
  model: 'lenet5',
  activation: 'relu',
  inputShape: [1, 28, 28],
  classes: 10,
  mean: [0.1307],
  std: [0.3081],
};

export interface Plan {
  readonly title: string;
  readonly initializer: InitializerName;
  readonly optimizer: OptimizerName;
  readonly learningRate: (rule: RuleName) => number;
}

/** The main job's two presets for MNIST, on the images that the page has. */
export const plans = {
  tuned: {
    title: 'tuned: both networks learn cleanly',
    initializer: 'kaiming-uniform',
    optimizer: 'sgd',
    learningRate: () => 0.02,
  },
  paper: {
    title: 'paper: FA learns so fast that its softmax saturates',
    initializer: 'truncated-normal',
    optimizer: 'adam',
    learningRate: (rule) => (rule === 'bp' ? 0.001 : 0.01),
  },
} satisfies Record<string, Plan>;
export type PlanName = keyof typeof plans;

export const BATCH_SIZE = 64;
export const EPOCHS = 3;
/** Images in the page's training file. */
export const TRAIN_IMAGES = 20_000;
/** Steps of a whole training: what the learning rate falls to 0 over. */
export const STEPS = EPOCHS * Math.ceil(TRAIN_IMAGES / BATCH_SIZE);
