import { crossEntropy } from '../losses/cross-entropy.js';
import { checkNetwork, type Network, PASS } from '../models/network.js';
import { view } from '../models/parameters.js';
import { type Gradient, gradientOf, type Workspace } from '../models/workspace.js';
import { backprop } from '../rules/backprop.js';
import type { LearningRule } from '../rules/rule.js';
import { angleBetween } from '../tensor/angle.js';
import { checkImages, type LabelledImages, loadImage } from '../tensor/images.js';
import type { FloatArray } from '../tensor/tensor.js';

/** Angles in degrees for one weighted layer; undefined where one of the two vectors is zero. */
export interface LayerAlignment {
  readonly layer: string;
  /** Between the weight gradient that the network's rule gives and the one that backpropagation gives. */
  readonly gradientAngle: number | undefined;
  /** Between the weights and the feedback weights; undefined for a rule without them. */
  readonly weightAngle: number | undefined;
}

/**
 * How far a network's learning rule is from backpropagation, layer by layer, on the given images at its weights. The
 * gradients are added up over passes of a few images, in float64.
 *
 * @throws {ShapeError} if the images are none, or not of the shape the network expects, or have not as many labels
 * @throws {RangeError | TypeError} if a label is no class, or an argument none
 */
export function alignment<A extends FloatArray>(network: Network<A>, images: LabelledImages): LayerAlignment[] {
  checkNetwork('alignment', network);
  checkImages('alignment', images, network.inputShape, network.classes);
  const { kernels, parameters, rule } = network;
  const { slots, feedbackSlots, parameterCount } = network.layout;
  const own = new Float64Array(parameterCount);
  const exact = new Float64Array(parameterCount);
  const flat = kernels.alloc(parameterCount);
  try {
    const gradient = gradientOf(network, flat);
    forEachPass(network, images, (workspace, labels, n) => {
      workspace.forward(n);
      addGradient(workspace, labels, n, rule, gradient, own);
      addGradient(workspace, labels, n, backprop, gradient, exact);
    });
  } finally {
    kernels.free(flat);
  }
  const angles: LayerAlignment[] = [];
  for (const { name, weighted } of network.layers) {
    if (!weighted) continue;
    const weights = view(parameters.values, slots, `${name}.weight`);
    const feedback = view(parameters.feedback, feedbackSlots, `${name}.feedback`);
    angles.push({
      layer: name,
      gradientAngle: angleBetween(view(own, slots, `${name}.weight`), view(exact, slots, `${name}.weight`)),
      weightAngle: rule.usesFeedback ? angleBetween(weights, feedback) : undefined,
    });
  }
  return angles;
}

/** Loads the images a pass at a time and lets `each` work on those n. */
function forEachPass<A extends FloatArray>(
  network: Network<A>,
  images: LabelledImages,
  each: (workspace: Workspace<A>, labels: Uint8Array, n: number) => void,
): void {
  const workspace = network.workspace(PASS);
  for (let first = 0; first < images.count; first += PASS) {
    const n = Math.min(PASS, images.count - first);
    for (let i = 0; i < n; i++) loadImage(images, first + i, workspace.input.data, i);
    each(workspace, images.labels.subarray(first, first + n), n);
  }
}

/** sum += the gradient of the n losses by the given rule; `gradient` is scratch. */
function addGradient<A extends FloatArray>(
  workspace: Workspace<A>,
  labels: Uint8Array,
  n: number,
  rule: LearningRule,
  gradient: Gradient<A>,
  sum: Float64Array,
): void {
  workspace.evaluateLoss(crossEntropy, labels, n);
  workspace.backward(n, { rule, gradient, toPixels: false });
  for (let i = 0; i < sum.length; i++) sum[i] += gradient.flat[i];
}
