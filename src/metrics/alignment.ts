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
 * How one weighted layer's learning compares to backpropagation's. Angles are in degrees; undefined where one of the
 * two vectors is zero.
 */
export interface LayerAlignment {
  readonly layer: string;
  /** Between the weight gradient that the network's rule gives and the one that backpropagation gives. */
  readonly gradientAngle: number | undefined;
  /**
   * Between the weights and those that the rule sends the error through in their place: B, or what it makes of B.
   * Undefined for backpropagation, and for a rule that sends no error through the layer.
   */
  readonly weightAngle: number | undefined;
  /** The latter's norm, with the weights' as the unit. */
  readonly weightNormRatio: number | undefined;
  /**
   * Between the error that the rule sends below the layer and the one that backpropagation sends there, the mean over
   * the images that have both; of the lowest layer at the pixels, where an attack meets it.
   */
  readonly errorAngle: number | undefined;
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
      const isFirst = kept.length === 0; // what carries errors is the same in every pass
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

/** What stood in the place of a layer's weights on the way down, held against them. */
interface Carrier {
  readonly angle: number | undefined;
  readonly ratio: number | undefined;
}

function carrierOf<A extends FloatArray>({ what, through }: Sent<A>, { weight }: ErrorPath<A>): Carrier | undefined {
  if (what !== 'error') return undefined;
  const size = norm(weight);
  return { angle: angleBetween(weight, through), ratio: size > 0 ? norm(through) / size : undefined };
}

/** What is called with each weighted layer's errors, `[n, inputs]`, right when they have been sent below it. */
type OnError = (layer: number, errors: FloatArray, n: number) => void;

/** The angles between two ways down, image by image: first one way's errors are kept, then the other's compared. */
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

  /** Undefined where no image has both errors. */
  mean(layer: number): number | undefined {
    return this.counts[layer] > 0 ? this.sums[layer] / this.counts[layer] : undefined;
  }
}

/** Loads the images a pass at a time and lets `each` work on those n. */
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

/** sum += the gradient of the n losses by the given rule; `gradient` is scratch. */
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
      // Before the layers below write over it; but at the pixels the whole way is to be gone.
      if (layer > 0) onError(layer, errorsOf(weighted[layer].buffers.dx), n);
    },
  };
  workspace.evaluateLoss(crossEntropy, labels, n);
  workspace.backward(n, { rule: told, gradient, toPixels: true });
  onError(0, errorsOf(workspace.inputGradient), n);
  for (let i = 0; i < sum.length; i++) sum[i] += gradient.flat[i];
}
