import type { Batch } from '../layers/layer.js';
import { weightedLayers } from '../layers/tree.js';
import { crossEntropy } from '../losses/cross-entropy.js';
import { checkNetwork, type Network } from '../models/network.js';
import { view } from '../models/parameters.js';
import { type Gradient, gradientOf, type Workspace } from '../models/workspace.js';
import { backprop } from '../rules/backprop.js';
import type { ErrorPath, LearningRule } from '../rules/rule.js';
import { type Sent, watching } from '../rules/watch.js';
import { angleBetween, norm } from '../tensor/angle.js';
import type { ClassIndices } from '../tensor/class-indices.js';
import { checkImages, type LabelledImages, loadImage } from '../tensor/images.js';
import type { FloatArray } from '../tensor/tensor.js';

/**
 * The alignment of one weighted layer's learning with backpropagation. Angles are in degrees; an angle is undefined if
 * one of its two vectors is zero.
 */
export interface LayerAlignment {
  readonly layer: string;
  /** The alignment angle between the rule's weight gradient ΔW and backpropagation's. */
  readonly gradientAngle: number | undefined;
  /**
   * The alignment angle between the forward weights W and the matrix that the rule sends the error signal through: B,
   * or one computed from B. Undefined for backpropagation, and for a rule that sends no error signal through the layer.
   */
  readonly weightAngle: number | undefined;
  /** The norm of that matrix divided by the norm of W. */
  readonly weightNormRatio: number | undefined;
  /**
   * The alignment angle between the rule's error signal below the layer and backpropagation's: the mean over the images
   * where both are not zero. For the lowest layer, this is the gradient at the pixels, which attacks use.
   */
  readonly errorAngle: number | undefined;
}

/**
 * Compares a network's learning rule with backpropagation, layer by layer, at the network's weights on the given
 * images. Gradients are summed in float64 over passes of a few images.
 *
 * @param images the images, of the shape of the network's input
 * @returns the angles of each weighted layer, from the first to the last
 * @throws {ShapeError} if there are no images, or they have another shape, or the number of labels differs
 * @throws {RangeError | TypeError} if a label is not a class, or an argument is of another type
 * @example
 * ```ts
 * const [first] = alignment(network, firstImages(test, 100));
 * first.errorAngle; // degrees
 * ```
 */
export function alignment<A extends FloatArray>(network: Network<A>, images: LabelledImages): LayerAlignment[] {
  checkNetwork('alignment', network);
  checkImages('alignment', images, network.inputShape, network.classes);
  const { kernels, rule } = network;
  const { slots, parameterCount } = network.layout;
  const own = new Float64Array(parameterCount);
  const exact = new Float64Array(parameterCount);
  const errors = new ErrorAngles(network);
  const { watched, kept } = watching(rule, carrierOf);
  const flat = kernels.alloc(parameterCount);
  try {
    const gradient = gradientOf(network, flat);
    forEachPass(network, images, (workspace, labels, n) => {
      workspace.forward(n);
      const isFirst = kept.length === 0; // the matrices are the same in every pass
      addGradient(workspace, labels, n, isFirst ? watched : rule, gradient, own, errors.keep);
      addGradient(workspace, labels, n, backprop, gradient, exact, errors.compare);
    });
  } finally {
    kernels.free(flat);
  }
  const carriers = kept.reverse();
  return weightedLayers(network.layers).map(({ name }, l) => {
    const carrier = rule === backprop ? undefined : carriers[l];
    return {
      layer: name,
      gradientAngle: angleBetween(view(own, slots, `${name}.weight`), view(exact, slots, `${name}.weight`)),
      weightAngle: carrier?.angle,
      weightNormRatio: carrier?.ratio,
      errorAngle: errors.mean(l),
    };
  });
}

/** The comparison of a layer's forward weights with the matrix that replaced them in the backward pass. */
interface Carrier {
  readonly angle: number | undefined;
  readonly ratio: number | undefined;
}

function carrierOf<A extends FloatArray>({ what, through }: Sent<A>, { weight }: ErrorPath<A>): Carrier | undefined {
  if (what !== 'error') return undefined;
  const size = norm(weight);
  return { angle: angleBetween(weight, through), ratio: size > 0 ? norm(through) / size : undefined };
}

/**
 * A function that gets each weighted layer's error signals, `[n, inputs]`, directly after they were sent below the
 * layer.
 */
type OnError = (layer: number, errors: FloatArray, n: number) => void;

/**
 * The angles between the error signals of two backward passes, image by image: the first pass's are kept, the second's
 * compared with them.
 */
class ErrorAngles {
  private readonly kept: FloatArray[] = [];
  private readonly sums: Float64Array;
  private readonly counts: Uint32Array;

  constructor({ layers }: Pick<Network, 'layers'>) {
    const { length } = weightedLayers(layers);
    this.sums = new Float64Array(length);
    this.counts = new Uint32Array(length);
  }

  readonly keep: OnError = (layer, errors) => {
    this.kept[layer] = errors.slice();
  };

  readonly compare: OnError = (layer, errors, n) => {
    const kept = this.kept[layer];
    const size = errors.length / n;
    for (let i = 0; i < n; i++) {
      const [from, to] = [i * size, (i + 1) * size];
      const angle = angleBetween(kept.subarray(from, to), errors.subarray(from, to));
      if (angle === undefined) continue;
      this.sums[layer] += angle;
      this.counts[layer]++;
    }
  };

  /** Returns the mean angle of a layer; undefined if no image has both errors. */
  mean(layer: number): number | undefined {
    return this.counts[layer] > 0 ? this.sums[layer] / this.counts[layer] : undefined;
  }
}

/** Loads the images, one pass at a time, and calls `each` for its n images. */
function forEachPass<A extends FloatArray>(
  network: Network<A>,
  images: LabelledImages,
  each: (workspace: Workspace<A>, labels: ClassIndices, n: number) => void,
): void {
  const { pass } = network;
  const workspace = network.workspace(pass);
  for (let first = 0; first < images.count; first += pass) {
    const n = Math.min(pass, images.count - first);
    for (let i = 0; i < n; i++) loadImage(images, first + i, workspace.input.data, i);
    each(workspace, images.labels.subarray(first, first + n), n);
  }
}

/** Computes sum += the gradient of the n losses by the given rule; `gradient` is scratch memory. */
function addGradient<A extends FloatArray>(
  workspace: Workspace<A>,
  labels: ClassIndices,
  n: number,
  rule: LearningRule,
  gradient: Gradient<A>,
  sum: Float64Array,
  onError: OnError,
): void {
  const weighted = workspace.layerMemory.filter(({ layer }) => layer.weighted);
  const errorsOf = ({ data, size }: Batch<A>) => data.subarray(0, n * size);
  let layer = weighted.length;
  const told: LearningRule = {
    ...rule,
    errorBelow(path) {
      rule.errorBelow(path);
      layer--;
      // Before the layers below overwrite it. At the pixels, wait until the backward pass is complete.
      if (layer > 0) onError(layer, errorsOf(weighted[layer].buffers.dx), n);
    },
  };
  workspace.evaluateLoss(crossEntropy, labels, n);
  workspace.backward(n, { rule: told, gradient, toPixels: true });
  onError(0, errorsOf(workspace.inputGradient), n);
  for (let i = 0; i < sum.length; i++) sum[i] += gradient.flat[i];
}
