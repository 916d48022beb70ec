import * as check from '../check.js';
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
import { MOST_CLASSES } from '../tensor/class-indices.js';

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
 * Checks what a model is made from.
 *
 * @throws {ShapeError | RangeError | TypeError} with the option, its value and what is accepted
 */
export function checkModelOptions(where: string, argument: string, value: unknown): void {
  check.object(where, argument, value, 'an object with inputShape, classes, mean, std and activation');
  const { inputShape, classes, mean, std, activation: name } = value as ModelOptions;
  check.shape(where, `${argument}.inputShape`, inputShape, ['C', 'H', 'W']);
  check.wholeNumber(where, `${argument}.classes`, classes, { from: 2, to: MOST_CLASSES });
  check.numbers(where, `${argument}.mean`, mean, {}, inputShape[0]);
  check.numbers(where, `${argument}.std`, std, { above: 0 }, inputShape[0]);
  check.oneOf(where, `${argument}.activation`, name, Object.keys(activations));
}

/**
 * LeNet-5 (LeCun et al. 1998): two 5×5 convolutions of 6 and 16 channels, each with an activation and a 2×2 pooling,
 * then 120, 84 and `classes` units. 28×28 inputs are padded by 2, so that both they and 32×32 ones arrive as
 * 16×5×5 = 400 numbers.
 *
 * @throws {ShapeError | RangeError | TypeError} if an option is unusable
 */
export function lenet5(options: ModelOptions): Layer[] {
  checkModelOptions('lenet5', 'options', options);
  const { inputShape, classes, mean, std, activation: name } = options;
  const { phi, pool } = activations[name];
  return stack(inputShape, [
    (shape) => normalize('normalize', shape, { mean, std }),
    (shape) => conv2d('conv1', shape, { outputs: 6, kernel: 5, padding: shape[1] === 28 ? 2 : 0 }),
    (shape) => activation(`${name}1`, shape, phi),
    (shape) => pool('pool1', shape, { kernel: 2 }),
    (shape) => conv2d('conv2', shape, { outputs: 16, kernel: 5 }),
    (shape) => activation(`${name}2`, shape, phi),
    (shape) => pool('pool2', shape, { kernel: 2 }),
    (shape) => flatten('flatten', shape),
    (shape) => linear('fc1', shape, { outputs: 120 }),
    (shape) => activation(`${name}3`, shape, phi),
    (shape) => linear('fc2', shape, { outputs: 84 }),
    (shape) => activation(`${name}4`, shape, phi),
    (shape) => linear('fc3', shape, { outputs: classes }),
  ]);
}

/**
 * The wider LeNet of BioTorch (Sanfiz & Akrout 2021) for CIFAR-10: 3×3 convolutions of 32, 64 and 128 channels without
 * padding, a 2×2 pooling after the first two, each channel's average, then 256 and `classes` units.
 *
 * @throws {ShapeError | RangeError | TypeError} if an option is unusable
 */
export function lenetWide(options: ModelOptions): Layer[] {
  checkModelOptions('lenetWide', 'options', options);
  const { inputShape, classes, mean, std, activation: name } = options;
  const { phi, pool } = activations[name];
  return stack(inputShape, [
    (shape) => normalize('normalize', shape, { mean, std }),
    (shape) => conv2d('conv1', shape, { outputs: 32, kernel: 3 }),
    (shape) => activation(`${name}1`, shape, phi),
    (shape) => pool('pool1', shape, { kernel: 2 }),
    (shape) => conv2d('conv2', shape, { outputs: 64, kernel: 3 }),
    (shape) => activation(`${name}2`, shape, phi),
    (shape) => pool('pool2', shape, { kernel: 2 }),
    (shape) => conv2d('conv3', shape, { outputs: 128, kernel: 3 }),
    (shape) => activation(`${name}3`, shape, phi),
    (shape) => avgPool('average', shape, { kernel: shape[1] }),
    (shape) => flatten('flatten', shape),
    (shape) => linear('fc1', shape, { outputs: 256 }),
    (shape) => activation(`${name}4`, shape, phi),
    (shape) => linear('fc2', shape, { outputs: classes }),
  ]);
}

/** Layers one above the other: each is made for the output shape of the one before. */
export function stack(
  inputShape: readonly number[],
  makers: readonly ((shape: readonly number[]) => Layer)[],
): Layer[] {
  const layers: Layer[] = [];
  for (const make of makers) layers.push(make(layers.at(-1)?.outputShape ?? inputShape));
  return layers;
}
