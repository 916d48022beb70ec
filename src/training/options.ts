import * as check from '../check.js';
import type { OptimizerOptions } from './optimizer.js';
import { type OptimizerName, optimizers } from './optimizers.js';
import { type DecayName, decays } from './schedule.js';

export interface TrainingOptions extends OptimizerOptions {
  readonly epochs: number;
  readonly batchSize: number;
  readonly optimizer: OptimizerName;
  readonly learningRate: number;
  readonly decay: DecayName;
  readonly warmupEpochs: number;
  /** λ of a decay apart from the gradient, on weights and not on biases: w ← (1 − rate·λ)·w after each step. */
  readonly decoupledDecay: number;
  /** Whether each image is moved and mirrored at random whenever it is met: see augment.ts. */
  readonly augment: boolean;
  /** Decides the order of the images in each epoch, and their augmentation. */
  readonly seed: number;
}

/** What training does where its options say nothing. */
export const defaultTraining: TrainingOptions = {
  epochs: 1,
  batchSize: 64,
  optimizer: 'sgd',
  learningRate: 0.02,
  decay: 'linear',
  warmupEpochs: 0,
  momentum: 0.9,
  weightDecay: 0,
  decoupledDecay: 0,
  augment: false,
  seed: 1,
};

/** @throws {RangeError | TypeError} if an option is unusable */
export function checkTraining(where: string, options: TrainingOptions): void {
  check.options(where, 'options', options, Object.keys(defaultTraining));
  check.wholeNumber(where, 'options.epochs', options.epochs);
  check.wholeNumber(where, 'options.batchSize', options.batchSize);
  check.oneOf(where, 'options.optimizer', options.optimizer, Object.keys(optimizers));
  check.number(where, 'options.learningRate', options.learningRate, { from: 0 });
  check.oneOf(where, 'options.decay', options.decay, Object.keys(decays));
  check.number(where, 'options.warmupEpochs', options.warmupEpochs, { from: 0 });
  check.number(where, 'options.momentum', options.momentum, { from: 0, below: 1 });
  check.number(where, 'options.weightDecay', options.weightDecay, { from: 0 });
  check.number(where, 'options.decoupledDecay', options.decoupledDecay, { from: 0 });
  check.flag(where, 'options.augment', options.augment);
  check.seed(where, 'options.seed', options.seed);
}
