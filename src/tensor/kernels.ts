import * as check from '../check.js';
import type { Window } from './im2col.js';
import type { FloatArray } from './tensor.js';
import type { Draw } from './threefry.js';

/** The implementations of the kernels, the fastest first. */
export const backends = ['simd', 'reference'] as const;
export type Backend = (typeof backends)[number];

/**
 * 2⁻¹⁰⁰: an optimizer's moment with a smaller magnitude becomes 0. Where a gradient stays exactly 0, as below dead
 * units, its moments shrink without end. Below 1e-38 (denormal numbers) a processor takes far longer for each; an Intel
 * Xeon takes seventy times as long. Such moments never reach 0: 0.9 times the smallest number is rounded up to this
 * number. A step of size 2⁻¹⁰⁰ changes no weight.
 */
export const LEAST_MOMENT = 2 ** -100;

/**
 * The loops that training and attacks spend their time in. Layers say *what* is computed; a backend says *how*.
 *
 * All backends keep these rules, so that a result doesn't depend on how the work was divided:
 * - Arrays are row-major and hold at least the numbers that the operation needs. Numbers behind these stay unchanged.
 * - The order of each output's sum depends on the length of the summed axis alone, never on how many rows, columns or
 *   images are computed together. An image's result is the same to the bit in any batch. There is one exception, the
 *   backward pass of a convolution. There the order may depend on which errors are zero: those of the image for dx,
 *   those of all images for dw and db.
 * - Element-wise operations may write into their own input.
 * - Kernels allocate only views, and scratch memory when it is first needed.
 */
export interface Kernels<A extends FloatArray = FloatArray> {
  readonly backend: Backend;
  /** Allocates a zeroed array in memory that these kernels can work on. */
  alloc(length: number): A;
  allocIndices(length: number): Int32Array;
  /**
   * Frees an array that `alloc` or `allocIndices` made. Only a whole array can be freed, and only once; the array and
   * its parts must not be used any more.
   */
  free(array: A | Int32Array): void;

  /** C = A·B, or C += A·B if `accumulate`. A `[m, k]`, B `[k, n]`, C `[m, n]`. */
  matmul(a: A, b: A, c: A, m: number, n: number, k: number, accumulate?: boolean): void;
  /** C = Aᵀ·B, or C += Aᵀ·B. A `[k, m]`, B `[k, n]`, C `[m, n]`. */
  matmulTA(a: A, b: A, c: A, m: number, n: number, k: number, accumulate?: boolean): void;
  /** C = A·Bᵀ, or C += A·Bᵀ. A `[m, k]`, B `[n, k]`, C `[m, n]`. */
  matmulTB(a: A, b: A, c: A, m: number, n: number, k: number, accumulate?: boolean): void;

  /** Convolutions without unrolled images. Without these, layers/conv2d.ts computes convolutions as matrix products. */
  readonly convolution?: Convolution<A>;
  /** The same by Winograd's minimal filtering, for the windows that `checkWinograd` (winograd.ts) accepts. */
  readonly winograd?: Convolution<A>;

  /** y[r, c] += bias[c], the bias of a linear layer. */
  addToColumns(y: A, bias: A, rows: number, columns: number): void;
  /** out[c] = Σ_r y[r, c]. */
  sumColumns(y: A, out: A, rows: number, columns: number): void;

  /** y = max(x, 0). */
  relu(x: A, y: A, length: number): void;
  /** dx = dy where y > 0, else 0. */
  reluBackward(y: A, dy: A, dx: A, length: number): void;
  /** y[p, i] = (x[p, i] − mean[p mod C]) / std[p mod C] for `planes` planes of `size` pixels each. */
  normalize(x: A, y: A, mean: A, std: A, planes: number, size: number): void;
  /** dx[p, i] = dy[p, i] / std[p mod C]. */
  normalizeBackward(dy: A, dx: A, std: A, planes: number, size: number): void;

  /**
   * Writes the mean and the (biased) variance of each channel's numbers. The input has `planes` planes of `size`
   * numbers; plane p belongs to channel p mod C, where C is the length of `mean`.
   */
  channelMoments(x: A, mean: A, variance: A, planes: number, size: number): void;
  /** y = (x − mean)·factor + shift, with one mean, factor and shift per channel. */
  channelAffine(x: A, y: A, mean: A, factor: A, shift: A, planes: number, size: number): void;
  /** sums = Σ dy and products = Σ dy·(x − mean), for each channel. */
  channelProducts(x: A, mean: A, dy: A, sums: A, products: A, planes: number, size: number): void;
  /** dx = factor·(dy − offset − slope·(x − mean)), with one of each coefficient per channel. */
  channelAffineBackward(
    x: A,
    mean: A,
    dy: A,
    dx: A,
    offset: A,
    slope: A,
    factor: A,
    planes: number,
    size: number,
  ): void;

  /**
   * y = the maximum of each window of each plane (no padding). `winner` gets its index in the plane, the first on a
   * tie.
   */
  maxPool(x: A, y: A, winner: Int32Array, planes: number, window: Window): void;
  /** dx = 0; then each dy is added at its window's winner. */
  maxPoolBackward(dy: A, winner: Int32Array, dx: A, planes: number, window: Window): void;

  /**
   * SGD with (heavy-ball) momentum and weight decay, as PyTorch defines them, on `length` parameters:
   * g ← scale·g + decay·w;  v ← momentum·v + g;  w ← w − rate·v. A |v| below {@link LEAST_MOMENT} becomes 0.
   */
  sgd(w: A, g: A, v: A, length: number, rate: number, momentum: number, decay: number, scale: number): void;
  /**
   * Adam (Kingma & Ba 2015, Algorithm 1); `rate` includes the bias corrections: g ← scale·g + decay·w; m ← β₁m +
   * (1−β₁)g;  v ← β₂v + (1−β₂)g²;  w ← w − rate·m / (√v + epsilon). Moments below {@link LEAST_MOMENT} become 0.
   */
  adam(w: A, g: A, m: A, v: A, length: number, step: AdamStep): void;
  /** total[i] = parts[0][i] + parts[1][i] + …, added in that order. */
  sumParts(parts: readonly A[], count: number, total: A, length: number): void;
  /** out = |magnitude|·sign(value), sign(0) = 0: the feedback weights of sign-concordant rules. */
  copySigns(magnitude: A, value: A, out: A, length: number): void;
  /** x ← factor·x: weight decay decoupled from the gradient. */
  rescale(x: A, length: number, factor: number): void;
  /** out[i] = number `first + i` of the stream, uniform in [−1, 1); see threefry.ts. `first` is a multiple of 8. */
  uniform(out: A, length: number, first: number, draw: Draw): void;
  /**
   * One L∞ ascent step: x ← clip(project(x + alpha·sign(direction))), sign(0) = 0. Projection keeps |x − clean| ≤
   * epsilon; clipping keeps x in [low, high]. An infinite bound is no bound.
   */
  signStep(
    x: A,
    direction: A,
    clean: A,
    length: number,
    alpha: number,
    epsilon: number,
    low: number,
    high: number,
  ): void;
}

/** Calls `make` with kernels whose arrays are freed again if `make` throws; returns its result. */
export function allOrNone<A extends FloatArray, T>(kernels: Kernels<A>, make: (kernels: Kernels<A>) => T): T {
  const arrays: A[] = [];
  const alloc = (length: number) => {
    const array = kernels.alloc(length);
    arrays.push(array);
    return array;
  };
  try {
    return make({ ...kernels, alloc });
  } catch (error) {
    for (const array of arrays) kernels.free(array);
    throw error;
  }
}

/** Checks that an argument is a set of kernels. @throws {TypeError} if it isn't */
export const checkKernels = (where: string, argument: string, value: unknown): void =>
  check.object(where, argument, value, 'kernels (await loadKernels() makes them)', {
    alloc: 'function',
    allocIndices: 'function',
    matmul: 'function',
    signStep: 'function',
  });

/** The numbers of one step of {@link Kernels.adam}. */
export interface AdamStep {
  readonly rate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly decay: number;
  readonly scale: number;
}

/** The three passes of a convolution of n images. */
export interface Convolution<A extends FloatArray> {
  /**
   * ```
   * y[i, o, oy, ox] = bias[o] + Σ_{c,ky,kx} weight[o, c, ky, kx] ·
   *                   x[i, c, oy·stride + ky − padding, ox·stride + kx − padding]
   * ```
   * x `[n, C, H, W]`, weight `[O, C, K, K]`, bias `[O]`, y `[n, O, OH, OW]`.
   */
  forward(x: A, weight: A, bias: A, y: A, n: number, window: Window): void;
  /**
   * dx, the adjoint of `forward` with `carrier` in the place of the weights: the forward weights W or a rule's feedback
   * weights B, `[O, C, K, K]`. Overwrites dx `[n, C, H, W]`.
   */
  backwardInput(dy: A, carrier: A, dx: A, n: number, window: Window): void;
  /** dw and db, summed over the n ≥ 1 images. Overwrites dw `[O, C, K, K]` and db `[O]`. */
  backwardWeights(x: A, dy: A, dw: A, db: A, n: number, window: Window): void;
}
