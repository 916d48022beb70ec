import type { Window } from '../tensor/im2col.js';
import type { Kernels } from '../tensor/kernels.js';
import type { FloatArray } from '../tensor/tensor.js';
import type { Written } from './graph.js';

/** A layer's input or output for up to a fixed number of images: one array, and a view of each image in it. */
export interface Batch<A extends FloatArray> {
  readonly data: A;
  readonly images: readonly A[];
  /** The number of numbers per image. */
  readonly size: number;
}

/** The memory of one layer: its input x, its output y, and the loss's gradient with respect to each. */
export interface Buffers<A extends FloatArray> {
  readonly x: Batch<A>;
  readonly y: Batch<A>;
  readonly dx: Batch<A>;
  readonly dy: Batch<A>;
  /**
   * Allocates more memory, only while the layer is bound. Like the batches, it lasts from a forward pass to its
   * backward pass. Other passes use it too: no number may be kept in it from one pass to the next.
   */
  alloc(length: number): A;
  allocIndices(length: number): Int32Array;
}

interface LayerShape extends Written {
  /** Without the batch axis. */
  readonly inputShape: readonly number[];
  readonly outputShape: readonly number[];
  /** The geometry of its window, for the display of the inputs that make an output. */
  readonly window?: Window;
}

/** A layer without parameters. */
export interface PlainLayer extends LayerShape {
  readonly weighted: false;
  /**
   * The memory of y, and that of dx relative to dy:
   * - `own`: memory of its own;
   * - `over-input`: over x, for a backward pass that needs y alone;
   * - `is-input`: x itself, for a layer that keeps the numbers as they are.
   *
   * After the forward pass, only a layer that writes over x may need its y again.
   */
  readonly output: 'own' | 'over-input' | 'is-input';
  bind<A extends FloatArray>(kernels: Kernels<A>, buffers: Buffers<A>): PlainStage;
}

/** A plain layer bound to its memory; both passes work on the first n images. */
export interface PlainStage {
  forward(n: number): void;
  /** Computes dx from dy. */
  backward(n: number): void;
}

/** A layer with weights, with or without biases. */
export interface WeightedLayer extends LayerShape {
  readonly weighted: true;
  /** PyTorch's layouts: conv `[out, in, kh, kw]`, linear `[out, in]`. */
  readonly weightShape: readonly number[];
  /** Undefined for a layer without biases: its `bias` and `db` are then empty arrays. */
  readonly biasShape?: readonly number[];
  /** The number of inputs of one output, for initialisation. */
  readonly fanIn: number;
  bind<A extends FloatArray>(kernels: Kernels<A>, buffers: Buffers<A>): WeightedStage<A>;
}

/** A weighted layer bound to its memory; all passes work on the first n images. It never knows the learning rule. */
export interface WeightedStage<A extends FloatArray> {
  forward(n: number, weight: A, bias: A): void;
  /**
   * Computes dx = (∂y/∂x)ᵀ dy, with `carrier` in the place of the weights in ∂y/∂x: W or the rule's feedback weights B.
   */
  backwardInput(n: number, carrier: A): void;
  /** Computes dw and db, summed over the n images; overwrites both. */
  backwardWeights(n: number, dw: A, db: A): void;
}

/**
 * The mean and variance that a pass normalises by: those of the images in the pass, in training; or the running
 * averages from training, everywhere else.
 */
export type Statistics = 'pass' | 'averages';

/** A layer that normalises each channel to mean 0 and variance 1, then applies a learned scale and shift. */
export interface NormalizingLayer extends LayerShape {
  readonly weighted: false;
  /** The number of channels, the length of each of its tensors. */
  readonly channels: number;
  bind<A extends FloatArray>(kernels: Kernels<A>, buffers: Buffers<A>): NormalizingStage<A>;
}

/** A normalising layer's parameters and averages, or their gradients: one number per channel in each array. */
export interface Normalization<A extends FloatArray> {
  readonly scale: A;
  readonly shift: A;
  /**
   * The running averages. In a gradient: the pass's own mean and variance times its number of images, for the code that
   * updates the averages.
   */
  readonly mean: A;
  readonly variance: A;
}

/** A normalising layer bound to its memory; both passes work on the first n images. */
export interface NormalizingStage<A extends FloatArray> {
  forward(n: number, learned: Normalization<A>, statistics: Statistics): void;
  /**
   * Computes dx with the same statistics as in the forward pass.
   *
   * @param gradient overwritten: the gradients of scale and shift, summed over the n images; and the pass's statistics,
   *   if the pass was normalised by them
   */
  backward(n: number, statistics: Statistics, gradient?: Normalization<A>): void;
}

/**
 * A layer made of layers: y = layers(x) + shortcut(x). In the backward pass, dy passes through both, and dx is the sum
 * of their results. It has no memory and no parameters of its own.
 */
export interface Block extends LayerShape {
  readonly weighted: false;
  /** The layers in the order of the forward pass; at least one. */
  readonly layers: readonly Layer[];
  /** The shortcut's layers; empty if x itself is added. */
  readonly shortcut: readonly Layer[];
}

/** A layer that is not made of other layers. */
export type Leaf = PlainLayer | WeightedLayer | NormalizingLayer;
export type Layer = Leaf | Block;
