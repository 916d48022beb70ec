import ops from 'ndarray-ops';
import * as check from '../check.js';
import { crossEntropy } from '../losses/cross-entropy.js';
import { checkNetwork, type Network } from '../models/network.js';
import { view } from '../models/parameters.js';
import { type Gradient, gradientOf } from '../models/workspace.js';
import { backprop } from '../rules/backprop.js';
import type { LearningRule } from '../rules/rule.js';
import { checkImages, type LabelledImages, loadImage } from '../tensor/images.js';
import { type FloatArray, type Tensor, tensor } from '../tensor/tensor.js';

/** Angles in degrees for one weighted layer; undefined where one of the two vectors is zero. */
export interface LayerAlignment {
  readonly layer: string;
  /** Between the weight gradient that the network's rule gives and the one that backpropagation gives. */
  readonly gradientAngle: number | undefined;
  /** Between the weights and the feedback weights; undefined for a rule without them. */
  readonly weightAngle: number | undefined;
}

/**
 * The angle between two vectors in degrees, 0 to 180; undefined where one of them is zero. As 2·atan2(‖u−v‖, ‖u+v‖) of
 * the unit vectors (Kahan), which is exact where the arc cosine of their product loses half of its digits: near 0 and 180.
 * NaN where a number is NaN or infinite.
 *
 * @throws {ShapeError | TypeError} if they are not of one length, or no vectors
 */
export function angleBetween(a: FloatArray, b: FloatArray): number | undefined {
  check.floats('angleBetween', 'a', a);
  check.floats('angleBetween', 'b', b, a.length);
  const u = unitVector(a);
  const v = unitVector(b);
  if (!u || !v) return undefined;
  const sum = tensor(new Float64Array(a.length), [a.length]);
  ops.add(sum, u, v);
  ops.subeq(u, v);
  return (2 * Math.atan2(ops.norm2(u), ops.norm2(sum)) * 180) / Math.PI;
}

/** Scaled by the largest magnitude first: a saturated network's gradients would vanish when squared. */
function unitVector(values: FloatArray): Tensor<Float64Array> | undefined {
  const vector = tensor(Float64Array.from(values), [values.length]);
  const largest = values.length === 0 ? 0 : Math.max(ops.sup(vector), -ops.inf(vector));
  if (!(largest > 0)) return undefined;
  ops.divseq(vector, largest);
  ops.divseq(vector, ops.norm2(vector));
  return vector;
}

/**
 * How far a network's learning rule is from backpropagation, layer by layer, on the given images at its weights.
 *
 * @throws {ShapeError} if the images are none, or not of the shape the network expects, or have not as many labels
 * @throws {RangeError | TypeError} if a label is no class, or an argument none
 */
export function alignment<A extends FloatArray>(network: Network<A>, images: LabelledImages): LayerAlignment[] {
  checkNetwork('alignment', network);
  checkImages('alignment', images, network.inputShape, network.classes);
  const workspace = network.workspace(images.count);
  for (let i = 0; i < images.count; i++) loadImage(images, i, workspace.input.data, i);
  workspace.forward(images.count);
  const [own, exact] = scratchGradients(network);
  const compute = (rule: LearningRule, gradient: Gradient<A>) => {
    workspace.evaluateLoss(crossEntropy, images.labels, images.count);
    workspace.backward(images.count, { rule, gradient, toPixels: false });
  };
  compute(network.rule, own);
  compute(backprop, exact);
  const { slots, feedbackSlots } = network.layout;
  const angles: LayerAlignment[] = [];
  for (const layer of network.layers) {
    if (!layer.weighted) continue;
    const name = layer.name;
    const weights = view(network.parameters.values, slots, `${name}.weight`);
    const feedback = view(network.parameters.feedback, feedbackSlots, `${name}.feedback`);
    angles.push({
      layer: name,
      gradientAngle: angleBetween(own.parts.get(layer)?.dw as A, exact.parts.get(layer)?.dw as A),
      weightAngle: network.rule.usesFeedback ? angleBetween(weights, feedback) : undefined,
    });
  }
  return angles;
}

/** Two gradients for each network, made once: kernels' memory is not given back. */
const scratch = new WeakMap<object, unknown>();

function scratchGradients<A extends FloatArray>(network: Network<A>): readonly [Gradient<A>, Gradient<A>] {
  let pair = scratch.get(network) as [Gradient<A>, Gradient<A>] | undefined;
  if (!pair) {
    const fresh = () => gradientOf(network, network.kernels.alloc(network.layout.parameterCount));
    pair = [fresh(), fresh()];
    scratch.set(network, pair);
  }
  return pair;
}
