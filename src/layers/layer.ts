import type { Window } from '../tensor/im2col.js';
import type { Kernels } from '../tensor/kernels.js';
import type { FloatArray } from '../tensor/tensor.js';
import type { Written } from './graph.js';

/** What enters or leaves a layer, for up to a fixed number of images: one array, and a view of each image in it. */
export interface Batch<A extends FloatArray> {
  readonly data: A;
  readonly images: readonly A[];
  /** Numbers per image. */
  readonly size: number;
}

/** The memory of one layer: its input x, its output y, and the loss's gradient with respect to each. */
export interface Buffers<A extends FloatArray> {
  readonly x: Batch<A>;
  readonly y: Batch<A>;
  readonly dx: Batch<A>;
  readonly dy: Batch<A>;
  /**
   * More memory, to be asked for while the layer is bound. Like the batches it lasts from a pass forward to the pass
   * back and no longer, since other passes use it too: nothing may be kept in it from one pass to the next.
   */
  alloc(length: number): A;
  allocIndices(length: number): Int32Array;
}

interface LayerShape extends Written {
  /** Without the batch axis. */
  readonly inputShape: readonly number[];
  readonly outputShape: readonly number[];
  /** How its window slides over the input, for those who want to say which numbers make an output. */
  readonly window?: Window;
}

/** A layer without parameters. */
export interface PlainLayer extends LayerShape {
  readonly weighted: false;
  /**
   * Where y may lie, and dx with regard to dy: in memory of its own; over x, where the backward pass needs y alone; or
   * it is x, where the layer leaves the numbers as they are. Only a layer that writes over x may need its y again.
   */
  readonly output: 'own' | 'over-input' | 'is-input';
  bind<A extends FloatArray>(kernels: Kernels<A>, buffers: Buffers<A>): PlainStage;
}

/** A plain layer tied to its memory; both work on the first n images. */
export interface PlainStage {
  forward(n: number): void;
  /** dx from dy. */
  backward(n: number): void;
}

/** A layer with weights, and biases or none. */
export interface WeightedLayer extends LayerShape {
  readonly weighted: true;
  /** PyTorch's layouts: conv `[out, in, kh, kw]`, linear `[out, in]`. */
  readonly weightShape: readonly number[];
  /** Undefined where it has no biases: what it is handed in their place is then empty. */
  readonly biasShape?: readonly number[];
  /** Inputs that feed one output, for initialisation. */
  readonly fanIn: number;
  bind<A extends FloatArray>(kernels: Kernels<A>, buffers: Buffers<A>): WeightedStage<A>;
}

/** A weighted layer tied to its memory, on the first n images. It never knows which learning rule is in use. */
export interface WeightedStage<A extends FloatArray> {
  forward(n: number, weight: A, bias: A): void;
  /** dx = (∂y/∂x)ᵀ dy, with `carrier` standing where the weights stand in ∂y/∂x. */
  backwardInput(n: number, carrier: A): void;
  /** dw and db, summed over the n images; overwritten. */
  backwardWeights(n: number, dw: A, db: A): void;
}

/**
 * Whose mean and variance a pass normalises by: those of the images in the pass, as in learning, or the averages that
 * learning has kept, as everywhere else.
 */
export type Statistics = 'pass' | 'averages';

/** A layer that brings each channel to mean 0 and variance 1, and then to a scale and shift that are learned. */
export interface NormalizingLayer extends LayerShape {
  readonly weighted: false;
  /** How many channels: the length of each of its tensors. */
  readonly channels: number;
  bind<A extends FloatArray>(kernels: Kernels<A>, buffers: Buffers<A>): NormalizingStage<A>;
}

/** What a normalising layer has learned, or the gradients of that: a number a channel in each. */
export interface Normalization<A extends FloatArray> {
  readonly scale: A;
  readonly shift: A;
  /** The averages; in a gradient the pass's own mean and variance, times its images, for whoever keeps averages. */
  readonly mean: A;
  readonly variance: A;
}

/** A normalising layer tied to its memory, on the first n images. */
export interface NormalizingStage<A extends FloatArray> {
  forward(n: number, learned: Normalization<A>, statistics: Statistics): void;
  /**
   * dx by the same statistics as in the pass forward.
   *
   * @param gradient overwritten: the scale's and shift's gradients summed over the n images, and the pass's statistics
   *   if it was normalised by them
   */
  backward(n: number, statistics: Statistics, gradient?: Normalization<A>): void;
}

/**
 * A layer made of layers: y = layers(x) + shortcut(x). The error goes down both, and what arrives below is added. It has
 * no memory or numbers of its own.
 */
export interface Block extends LayerShape {
  readonly weighted: false;
  /** One above the other; at least one. */
  readonly layers: readonly Layer[];
  /** The same; none where x itself is added. */
  readonly shortcut: readonly Layer[];
}

/** A layer that is not made of others. */
export type Leaf = PlainLayer | WeightedLayer | NormalizingLayer;
export type Layer = Leaf | Block;
