import { channelAffine, channelAffineBackward, channelMoments, channelProducts } from './channels.js';
import { checkHeap, type Heap } from './heap.js';
import type { Window } from './im2col.js';
import { type AdamStep, type Kernels, LEAST_MOMENT } from './kernels.js';
import { multiply } from './matmul.js';
import { giveBack, wasGivenBack } from './released.js';
import type { FloatArray } from './tensor.js';
import { uniform } from './threefry.js';

/**
 * Returns the kernels in plain TypeScript. Faster kernels are tested against these, and they run in every JavaScript
 * engine. JavaScript computes in float64: sums are accumulated in float64 and rounded once, when they are stored.
 *
 * @param heap the memory for all arrays; without it, each array has its own memory, visible to this thread alone
 * @throws {TypeError} if `heap` is not a heap
 * @example
 * ```ts
 * const kernels = referenceKernels();
 * const y = kernels.alloc(3);
 * kernels.relu(Float32Array.of(-1, 0, 2), y, 3); // y: 0, 0, 2
 * ```
 */
export function referenceKernels(heap?: Heap): Kernels<Float32Array> {
  if (heap !== undefined) checkHeap('referenceKernels', heap);
  return kernelsWith(
    (length) => heap?.float32(length) ?? new Float32Array(length),
    (length) => heap?.int32(length) ?? new Int32Array(length),
    (array) => (heap ? heap.free(array) : freeOwn(array)),
  );
}

/**
 * Returns the kernels in plain TypeScript on float64 arrays, for gradient checks.
 *
 * @example
 * ```ts
 * const network = new Network(layers, rules.bp, float64Kernels(), parameters);
 * ```
 */
export const float64Kernels = (): Kernels<Float64Array> =>
  kernelsWith(
    (length) => new Float64Array(length),
    (length) => new Int32Array(length),
  );

function kernelsWith<A extends FloatArray>(
  alloc: (length: number) => A,
  allocIndices: (length: number) => Int32Array,
  free: (array: A | Int32Array) => void = freeOwn,
): Kernels<A> {
  return {
    backend: 'reference',
    alloc,
    allocIndices,
    free,
    matmul: (a, b, c, m, n, k, accumulate = false) => multiply(a, k, 1, b, n, 1, c, m, n, k, accumulate),
    matmulTA: (a, b, c, m, n, k, accumulate = false) => multiply(a, 1, m, b, n, 1, c, m, n, k, accumulate),
    matmulTB: (a, b, c, m, n, k, accumulate = false) => multiply(a, k, 1, b, 1, k, c, m, n, k, accumulate),
    addToColumns,
    sumColumns,
    relu,
    reluBackward,
    normalize,
    normalizeBackward,
    channelMoments,
    channelAffine,
    channelProducts,
    channelAffineBackward,
    maxPool,
    maxPoolBackward,
    sgd,
    adam,
    sumParts,
    signStep,
    copySigns,
    rescale,
    uniform,
  };
}

/** Frees an array that has memory of its own. @throws {Error} if it is freed already */
function freeOwn(array: FloatArray | Int32Array): void {
  const { buffer, byteOffset, byteLength } = array;
  if (byteLength > 0 && wasGivenBack(array)) throw new Error(`kernels: ${array.length} numbers were given back twice`);
  giveBack(array, new Uint8Array(buffer, byteOffset, byteLength));
}

function addToColumns(y: FloatArray, bias: FloatArray, rows: number, columns: number): void {
  for (let r = 0, i = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++, i++) y[i] += bias[c];
  }
}

function sumColumns(y: FloatArray, out: FloatArray, rows: number, columns: number): void {
  for (let c = 0; c < columns; c++) {
    let sum = 0;
    for (let r = 0; r < rows; r++) sum += y[r * columns + c];
    out[c] = sum;
  }
}

function relu(x: FloatArray, y: FloatArray, length: number): void {
  for (let i = 0; i < length; i++) y[i] = Math.max(x[i], 0);
}

function reluBackward(y: FloatArray, dy: FloatArray, dx: FloatArray, length: number): void {
  for (let i = 0; i < length; i++) dx[i] = y[i] > 0 ? dy[i] : 0;
}

function normalize(
  x: FloatArray,
  y: FloatArray,
  mean: FloatArray,
  std: FloatArray,
  planes: number,
  size: number,
): void {
  for (let p = 0, i = 0; p < planes; p++) {
    const channel = p % mean.length;
    for (let s = 0; s < size; s++, i++) y[i] = (x[i] - mean[channel]) / std[channel];
  }
}

function normalizeBackward(dy: FloatArray, dx: FloatArray, std: FloatArray, planes: number, size: number): void {
  for (let p = 0, i = 0; p < planes; p++) {
    const channel = p % std.length;
    for (let s = 0; s < size; s++, i++) dx[i] = dy[i] / std[channel];
  }
}

function maxPool(x: FloatArray, y: FloatArray, winner: Int32Array, planes: number, window: Window): void {
  const { height, width, kernel, stride, outHeight, outWidth } = window;
  for (let p = 0, out = 0; p < planes; p++) {
    const plane = p * height * width;
    for (let oy = 0; oy < outHeight; oy++) {
      for (let ox = 0; ox < outWidth; ox++, out++) {
        let best = oy * stride * width + ox * stride;
        for (let ky = 0; ky < kernel; ky++) {
          for (let kx = 0; kx < kernel; kx++) {
            const i = (oy * stride + ky) * width + ox * stride + kx;
            if (x[plane + i] > x[plane + best]) best = i;
          }
        }
        winner[out] = best;
        y[out] = x[plane + best];
      }
    }
  }
}

function maxPoolBackward(dy: FloatArray, winner: Int32Array, dx: FloatArray, planes: number, window: Window): void {
  const { height, width, outHeight, outWidth } = window;
  dx.fill(0, 0, planes * height * width);
  for (let p = 0, out = 0; p < planes; p++) {
    const plane = p * height * width;
    for (let o = 0; o < outHeight * outWidth; o++, out++) dx[plane + winner[out]] += dy[out];
  }
}

function sgd(
  w: FloatArray,
  g: FloatArray,
  v: FloatArray,
  length: number,
  rate: number,
  momentum: number,
  decay: number,
  scale: number,
): void {
  for (let i = 0; i < length; i++) {
    v[i] = ended(momentum * v[i] + scale * g[i] + decay * w[i]);
    w[i] -= rate * v[i];
  }
}

function adam(w: FloatArray, g: FloatArray, m: FloatArray, v: FloatArray, length: number, step: AdamStep): void {
  const { rate, beta1, beta2, epsilon, decay, scale } = step;
  for (let i = 0; i < length; i++) {
    const gradient = scale * g[i] + decay * w[i];
    m[i] = ended(beta1 * m[i] + (1 - beta1) * gradient);
    v[i] = ended(beta2 * v[i] + (1 - beta2) * gradient * gradient);
    w[i] -= (rate * m[i]) / (Math.sqrt(v[i]) + epsilon);
  }
}

const ended = (moment: number): number => (Math.abs(moment) < LEAST_MOMENT ? 0 : moment);

function sumParts(parts: readonly FloatArray[], count: number, total: FloatArray, length: number): void {
  for (let i = 0; i < length; i++) total[i] = parts[0][i];
  for (let p = 1; p < count; p++) {
    const part = parts[p];
    for (let i = 0; i < length; i++) total[i] += part[i];
  }
}

function signStep(
  x: FloatArray,
  direction: FloatArray,
  clean: FloatArray,
  length: number,
  alpha: number,
  epsilon: number,
  low: number,
  high: number,
): void {
  for (let i = 0; i < length; i++) {
    const least = Math.max(clean[i] - epsilon, low);
    const most = Math.min(clean[i] + epsilon, high);
    x[i] = Math.min(Math.max(x[i] + alpha * Math.sign(direction[i]), least), most);
  }
}

function copySigns(magnitude: FloatArray, value: FloatArray, out: FloatArray, length: number): void {
  for (let i = 0; i < length; i++) out[i] = Math.abs(magnitude[i]) * Math.sign(value[i]);
}

function rescale(x: FloatArray, length: number, factor: number): void {
  for (let i = 0; i < length; i++) x[i] *= factor;
}
