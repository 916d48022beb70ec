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

/** One gradient held against finite differences. */
export interface GradientCheck {
  /** What was differentiated, such as `conv2d, stride 2`. */
  readonly subject: string;
  /** With respect to what, such as `conv1.weight` or `input`. */
  readonly variable: string;
  /**
   * ‖numeric − analytic‖ / max(‖numeric‖, ‖analytic‖), over the coordinates or directions tried. NaN, which passes no
   * tolerance, where both are zero: then nothing was tested.
   */
  readonly relativeError: number;
}

/** A small network to check: some layers and the loss above them. */
export interface CheckSubject {
  readonly name: string;
  readonly layers: readonly Layer[];
  readonly loss: Loss;
  /** Those that normalising layers use: the averages, unless said. */
  readonly statistics?: Statistics;
}

/** What every check must stay under. */
export const GRADIENT_TOLERANCE = 1e-6;

/** Up to this many coordinates each is tried on its own; beyond, directions are. */
const MOST_COORDINATES = 400;
const DIRECTIONS = 4;
const IMAGES = 3;
/** Half of each central difference, along a direction of length 1. */
const STEP = 1e-6;

/**
 * Holds backpropagation's gradient against central differences in float64, for the input and every parameter.
 *
 * @param seed decides inputs, parameters and directions
 * @throws {ShapeError | RangeError | TypeError} if the subject is no network, or the seed none
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
    const spread = slot.endsWith('.running_var') ? 0.01 : 0.1; // of a number that begins at 0, or at 1 and stays above 0
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
    lossNow(); // the last check left activations of moved values behind
    // Moving a layer's parameters changes nothing below it, and most of those tried in a LeNet lie above its convolutions.
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

/** How far `analytic` is from the differences of `loss` as `values` are moved (and put back). */
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
 * Unit vectors to differentiate along: every axis where there are few. Where there are many, random ones tilted
 * towards the gradient, along which the derivative is not lost in rounding as it would be along a random one.
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
