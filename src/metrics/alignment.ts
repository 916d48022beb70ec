import ops from 'ndarray-ops';
import { crossEntropy } from '../losses/cross-entropy.js';
import type { Network } from '../models/network.js';
import { view } from '../models/parameters.js';
import { type Gradient, gradientOf } from '../models/workspace.js';
import { backprop } from '../rules/backprop.js';
import type { LearningRule } from '../rules/rule.js';
import { type LabelledImages, loadImage } from '../tensor/images.js';
import { type FloatArray, tensor } from '../tensor/tensor.js';

/** Angles in degrees for one weighted layer; undefined where one of the two vectors is zero. */
export interface LayerAlignment {
  readonly layer: string;
  /** Between the weight gradient that the network's rule gives and the one that backpropagation gives. */
  readonly gradientAngle: number | undefined;
  /** Between the weights and the feedback weights; undefined for a rule without them. */
  readonly weightAngle: number | undefined;
}

/** The angle between two vectors in degrees, 0 to 180; undefined where one of them is zero. */
export function angleBetween(a: FloatArray, b: FloatArray): number | undefined {
  // Scaled by the largest magnitudes first: a saturated network's gradients would vanish when squared.
  const [u, v] = [a, b].map((vector) => {
    const copy = tensor(Float64Array.from(vector), [vector.length]);
    const largest = vector.length === 0 ? 0 : Math.max(ops.sup(copy), -ops.inf(copy));
    if (largest > 0) ops.divseq(copy, largest);
    return copy;
  });
  const norms = ops.norm2(u) * ops.norm2(v);
  if (!(norms > 0)) return undefined;
  ops.muleq(u, v);
  return (Math.acos(Math.min(1, Math.max(-1, ops.sum(u) / norms))) * 180) / Math.PI;
}

/** How far a network's learning rule is from backpropagation, layer by layer, on the given images at its weights. */
export function alignment<A extends FloatArray>(network: Network<A>, images: LabelledImages): LayerAlignment[] {
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
