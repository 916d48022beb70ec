import * as check from '../check.js';
import type { Layer, Leaf, Statistics } from '../layers/layer.js';
import { checkLayers, leavesOf } from '../layers/tree.js';
import { checkLoss, type Loss } from '../losses/loss.js';
import { Network } from '../models/network.js';
import { initialParameters } from '../models/parameters.js';
import { gradientOf, Workspace } from '../models/workspace.js';
import { backprop } from '../rules/backprop.js';
import { type RandomStream, stream } from '../tensor/random.js';
import { float64Kernels } from '../tensor/reference.js';
import { sizeOf } from '../tensor/tensor.js';

/** The comparison of one gradient with finite differences. */
export interface GradientCheck {
  /** The network and loss that were differentiated, such as `conv2d, stride 2`. */
  readonly subject: string;
  /** The variable of the gradient, such as `conv1.weight` or `input`. */
  readonly variable: string;
  /**
   * ‖numeric − analytic‖ / max(‖numeric‖, ‖analytic‖), over the tested coordinates or directions. If both gradients are
   * zero, nothing was tested: the error is NaN, which no tolerance accepts.
   */
  readonly relativeError: number;
}

/** A small network to check: layers and the loss of their output. */
export interface CheckSubject {
  readonly name: string;
  readonly layers: readonly Layer[];
  readonly loss: Loss;
  /** The statistics that normalising layers use; default: `averages`. */
  readonly statistics?: Statistics;
}

/** The relative error that every check must stay below. */
export const GRADIENT_TOLERANCE = 1e-6;

/** The largest number of coordinates that are tested one by one; longer gradients are tested along a few directions. */
const MOST_COORDINATES = 400;
const DIRECTIONS = 4;
const IMAGES = 3;
/** Half of the length of each central difference, along a direction of length 1. */
const STEP = 1e-6;

/**
 * Compares backpropagation's gradient with central differences in float64, for the input and every parameter.
 *
 * @param subject the layers and the loss
 * @param seed decides inputs, parameters and directions
 * @returns one comparison for the input and for each parameter tensor
 * @throws {ShapeError | RangeError | TypeError} if the subject is not a network with a loss, or the seed is not
 *   accepted
 * @example
 * ```ts
 * const layers = [linear('fc1', [4], { outputs: 3 })];
 * const [input] = checkGradients({ name: 'linear', layers, loss: losses.margin }, 1);
 * input.relativeError < GRADIENT_TOLERANCE; // true
 * ```
 */
export function checkGradients(subject: CheckSubject, seed: number): GradientCheck[] {
  check.object('checkGradients', 'subject', subject, 'an object with name, layers and loss');
  const { name, layers, loss, statistics = 'averages' } = subject;
  check.text('checkGradients', 'subject.name', name);
  checkLayers('checkGradients', layers);
  checkLoss('checkGradients', 'subject.loss', loss);
  check.oneOf('checkGradients', 'subject.statistics', statistics, ['pass', 'averages']);
  check.seed('checkGradients', 'seed', seed);
  const kernels = float64Kernels();
  const random = stream(seed).split(name);
  const initializer = 'kaiming-uniform';
  const parameters = initialParameters(layers, kernels, { seed, initializer, usesFeedback: false });
  const network = new Network(layers, backprop, kernels, parameters);
  for (const { role, name: slot, offset, length } of network.layout.slots) {
    if (role === 'weight') continue;
    const spread = slot.endsWith('.running_var') ? 0.01 : 0.1; // these begin at 0, or at 1 and must stay above 0
    for (let i = 0; i < length; i++) parameters.values[offset + i] += spread * random.normal();
  }
  const workspace = new Workspace(network, IMAGES);
  const input = workspace.input.data;
  for (let i = 0; i < input.length; i++) input[i] = random.uniform();
  const labels = Uint16Array.from({ length: IMAGES }, () => random.integer(0, network.classes - 1));

  const lossNow = (from?: Leaf) => {
    workspace.forward(IMAGES, from, statistics);
    workspace.evaluateLoss(loss, labels, IMAGES);
    return workspace.losses.reduce((sum, value) => sum + value, 0);
  };
  lossNow();
  const gradient = gradientOf(network, kernels.alloc(network.layout.parameterCount));
  workspace.backward(IMAGES, { rule: backprop, gradient, toPixels: true });

  const hold = (variable: string, values: Float64Array, analytic: Float64Array, layer?: Leaf): GradientCheck => {
    lossNow(); // computes the activations again, for the unchanged values
    // Changing a layer's parameters changes nothing below it. In a LeNet most tested parameters are above the
    // convolutions.
    return { subject: name, variable, relativeError: relativeError(values, analytic, () => lossNow(layer), random) };
  };
  const results = [hold('input', input, workspace.inputGradient.data.slice(0, IMAGES * sizeOf(network.inputShape)))];
  const leaves = leavesOf(layers);
  for (const { role, name: slot, offset, length } of network.layout.slots) {
    if (role === 'statistic') continue;
    const end = offset + length;
    const layer = leaves.find((each) => slot === `${each.name}.weight` || slot === `${each.name}.bias`);
    results.push(hold(slot, parameters.values.subarray(offset, end), gradient.flat.slice(offset, end), layer));
  }
  return results;
}

/** Returns the relative error of `analytic` against the differences of `loss` as `values` change (and are restored). */
function relativeError(values: Float64Array, analytic: Float64Array, loss: () => number, random: RandomStream): number {
  let [difference, numericSquares, analyticSquares] = [0, 0, 0];
  for (const direction of directions(analytic, random)) {
    const before = values.slice();
    const moved = (step: number) => {
      for (let i = 0; i < values.length; i++) values[i] = before[i] + step * direction[i];
      return loss();
    };
    const numeric = (moved(STEP) - moved(-STEP)) / (2 * STEP);
    values.set(before);
    const exact = analytic.reduce((sum, value, i) => sum + value * direction[i], 0);
    difference += (numeric - exact) ** 2;
    numericSquares += numeric ** 2;
    analyticSquares += exact ** 2;
  }
  return Math.sqrt(difference / Math.max(numericSquares, analyticSquares));
}

/**
 * Returns unit vectors to differentiate along. For a short gradient these are all axes. For a long one they are random
 * vectors turned towards the gradient: along a purely random vector, rounding would hide the derivative.
 */
function directions(gradient: Float64Array, random: RandomStream): Float64Array[] {
  if (gradient.length <= MOST_COORDINATES) {
    return Array.from(gradient, (_, axis) => Float64Array.from(gradient, (_value, i) => (i === axis ? 1 : 0)));
  }
  const unit = (vector: Float64Array) => {
    const norm = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
    return norm === 0 ? vector : vector.map((value) => value / norm);
  };
  const steepest = unit(gradient);
  return Array.from({ length: DIRECTIONS }, () => {
    const noise = unit(Float64Array.from(gradient, () => random.normal()));
    return unit(steepest.map((value, i) => value + noise[i]));
  });
}
