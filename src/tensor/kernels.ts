import * as check from '../check.js';
import type { Window } from './im2col.js';
import type { FloatArray } from './tensor.js';
import type { Draw } from './threefry.js';

/** The kernels that can be asked for, fastest first. */
export const backends = ['simd', 'reference'] as const;
export type Backend = (typeof backends)[number];

/**
 * 2⁻¹⁰⁰: a moment that is less in size becomes 0. Where a gradient stays exactly 0, as below units that have died, its
 * moments shrink without end, and from 1e-38 on a processor takes far longer for each (an Intel Xeon seventy times).
 * They don't even reach 0 then: 0.9 times the least number is rounded up to it. A step of this size moves no weight.
 */
export const LEAST_MOMENT = 2 ** -100;

/**
 * Every loop that a training step or an attack spends its time in. Layers say *what* is computed; a backend says *how*.
 *
 * Rules that all backends keep, so that results do not depend on how work was cut up:
 * - Arrays are row-major and hold at least the numbers the operation needs; what lies behind is left alone.
 * - Each output's sum runs in an order that depends on the summed axis alone, never on how many rows, columns or
 *   images are computed with it: an image's result is the same to the bit whatever batch it stands in. On the way back
 *   through a convolution it may depend on which errors are zero: of the image for dx, of all images for dw and db.
 * - Element-wise operations may write onto their own input.
 * - Nothing is allocated but views, and scratch memory the first time it is needed.
 */
export interface Kernels<A extends FloatArray = FloatArray> {
  readonly backend: Backend;
  /** A zeroed array in memory that these kernels can work on. */
  alloc(length: number): A;
  allocIndices(length: number): Int32Array;
  /** Takes back an array that one of the two made, whole and once: it and its parts must not be used any more. */
  free(array: A | Int32Array): void;

  /** C = A·B, or C += A·B if `accumulate`. A `[m, k]`, B `[k, n]`, C `[m, n]`. */
  matmul(a: A, b: A, c: A, m: number, n: number, k: number, accumulate?: boolean): void;
  /** C = Aᵀ·B, or C += Aᵀ·B. A `[k, m]`, B `[k, n]`, C `[m, n]`. */
  matmulTA(a: A, b: A, c: A, m: number, n: number, k: number, accumulate?: boolean): void;
  /** C = A·Bᵀ, or C += A·Bᵀ. A `[m, k]`, B `[n, k]`, C `[m, n]`. */
  matmulTB(a: A, b: A, c: A, m: number, n: number, k: number, accumulate?: boolean): void;

  /** Convolutions that do without unrolled images; without them, layers/conv2d.ts makes them of matrix products. */
  readonly convolution?: Convolution<A>;
  /** The same by Winograd's minimal filtering, for windows that winograd.ts lets pass. */
  readonly winograd?: Convolution<A>;

  /** y[r, c] += bias[c]: a linear layer's bias. */
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
   * Of `planes` planes of `size` numbers, plane p of channel p mod C (C the length of `mean`): the mean of each
   * channel's numbers, and of their squared distances from it.
   */
  channelMoments(x: A, mean: A, variance: A, planes: number, size: number): void;
  /** y = (x − mean)·factor + shift, each a number a channel. */
  channelAffine(x: A, y: A, mean: A, factor: A, shift: A, planes: number, size: number): void;
  /** sums = Σ dy and products = Σ dy·(x − mean), of each channel. */
  channelProducts(x: A, mean: A, dy: A, sums: A, products: A, planes: number, size: number): void;
  /** dx = factor·(dy − offset − slope·(x − mean)), each a number a channel. */
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

  /** Max over each window of each plane (no padding); `winner` gets the index in the plane, the first on a tie. */
  maxPool(x: A, y: A, winner: Int32Array, planes: number, window: Window): void;
  /** dx = 0, then dy is added at each window's winner. */
  maxPoolBackward(dy: A, winner: Int32Array, dx: A, planes: number, window: Window): void;

  /**
   * SGD with (heavy-ball) momentum and weight decay, as PyTorch defines them, on `length` parameters:
   * g ← scale·g + decay·w;  v ← momentum·v + g;  w ← w − rate·v. A |v| below {@link LEAST_MOMENT} becomes 0.
   */
  sgd(w: A, g: A, v: A, length: number, rate: number, momentum: number, decay: number, scale: number): void;
  /**
   * Adam (Kingma & Ba 2015, Algorithm 1), `rate` holding the bias corrections: g ← scale·g + decay·w;
   * m ← β₁m + (1−β₁)g;  v ← β₂v + (1−β₂)g²;  w ← w − rate·m / (√v + epsilon). Moments end as SGD's do.
   */
  adam(w: A, g: A, m: A, v: A, length: number, step: AdamStep): void;
  /** total[i] = parts[0][i] + parts[1][i] + …, added in that order. */
  sumParts(parts: readonly A[], count: number, total: A, length: number): void;
  /** out = |magnitude|·sign(value), sign(0) = 0: what sign-concordant rules send errors through. */
  copySigns(magnitude: A, value: A, out: A, length: number): void;
  /** x ← factor·x: weight decay apart from the gradient's step. */
  rescale(x: A, length: number, factor: number): void;
  /** out[i] = number `first + i` of the stream, uniform in [−1, 1): see threefry.ts. `first` is a multiple of 8. */
  uniform(out: A, length: number, first: number, draw: Draw): void;
  /**
   * One L∞ ascent step: x ← clip(project(x + alpha·sign(direction))), sign(0) = 0, where project keeps
   * |x − clean| ≤ epsilon and clip keeps x in [low, high]; infinite bounds mean none.
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

/** What `make` makes of the arrays it asks for; where one of them can't be had, the others are given back. */
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

/** @throws {TypeError} if an argument is no kernels */
export const checkKernels = (where: string, argument: string, value: unknown): void =>
  check.object(where, argument, value, 'kernels (await loadKernels() makes them)', {
    alloc: 'function',
    allocIndices: 'function',
    matmul: 'function',
    signStep: 'function',
  });

/** What one step of {@link Kernels.adam} needs beside the arrays. */
export interface AdamStep {
  readonly rate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly decay: number;
  readonly scale: number;
}

/** A convolution of n images in its three passes. */
export interface Convolution<A extends FloatArray> {
  /**
   * y[i, o, oy, ox] = bias[o] + Σ_{c,ky,kx} weight[o, c, ky, kx] ·
   * x[i, c, oy·stride + ky − padding, ox·stride + kx − padding].
   * x `[n, C, H, W]`, weight `[O, C, K, K]`, bias `[O]`, y `[n, O, OH, OW]`.
   */
  forward(x: A, weight: A, bias: A, y: A, n: number, window: Window): void;
  /** dx, its adjoint with `carrier` in the place of the weights; overwrites dx `[n, C, H, W]`. */
  backwardInput(dy: A, carrier: A, dx: A, n: number, window: Window): void;
  /** dw and db, summed over the n (at least 1) images; overwrites dw `[O, C, K, K]` and db `[O]`. */
  backwardWeights(x: A, dy: A, dw: A, db: A, n: number, window: Window): void;
}
