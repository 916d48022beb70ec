import { activation } from '../layers/activation.js';
import { avgPool } from '../layers/avg-pool.js';
import { conv2d } from '../layers/conv2d.js';
import { flatten } from '../layers/flatten.js';
import type { Layer } from '../layers/layer.js';
import { linear } from '../layers/linear.js';
import { maxPool } from '../layers/max-pool.js';
import { normalize } from '../layers/normalize.js';
import { relu } from '../layers/relu.js';
import { sigmoid } from '../layers/sigmoid.js';
import { tanh } from '../layers/tanh.js';

/** What the hidden layers apply, and which pooling goes with it: `tanh` and `sigmoid` make the classic LeNet. */
export const activations = {
  relu: { phi: relu, pool: maxPool },
  tanh: { phi: tanh, pool: avgPool },
  sigmoid: { phi: sigmoid, pool: avgPool },
} as const;
export type ActivationName = keyof typeof activations;

/** What a model needs to know of its data and options. */
export interface ModelOptions {
  /** `[C, H, W]` */
  readonly inputShape: readonly number[];
  readonly classes: number;
  /** Per channel, in [0, 1] pixel units. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
  readonly activation: ActivationName;
}

/**
 * LeNet-5 (LeCun et al. 1998): two 5×5 convolutions of 6 and 16 channels, each with an activation and a 2×2 pooling,
 * then 120, 84 and `classes` units. 28×28 inputs are padded by 2, so that both they and 32×32 ones arrive as
 * 16×5×5 = 400 numbers.
 */
export function lenet5({ inputShape, classes, mean, std, activation: name }: ModelOptions): Layer[] {
  const { phi, pool } = activations[name];
  const layers: Layer[] = [];
  const add = (make: (shape: readonly number[]) => Layer) => {
    layers.push(make(layers.at(-1)?.outputShape ?? inputShape));
  };
  add((shape) => normalize('normalize', shape, { mean, std }));
  add((shape) => conv2d('conv1', shape, { outputs: 6, kernel: 5, padding: shape[1] === 28 ? 2 : 0 }));
  add((shape) => activation(`${name}1`, shape, phi));
  add((shape) => pool('pool1', shape, { kernel: 2 }));
  add((shape) => conv2d('conv2', shape, { outputs: 16, kernel: 5 }));
  add((shape) => activation(`${name}2`, shape, phi));
  add((shape) => pool('pool2', shape, { kernel: 2 }));
  add((shape) => flatten('flatten', shape));
  add((shape) => linear('fc1', shape, { outputs: 120 }));
  add((shape) => activation(`${name}3`, shape, phi));
  add((shape) => linear('fc2', shape, { outputs: 84 }));
  add((shape) => activation(`${name}4`, shape, phi));
  add((shape) => linear('fc3', shape, { outputs: classes }));
  return layers;
}
