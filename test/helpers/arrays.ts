import { stream } from '../../src/tensor/random.js';
import type { FloatArray } from '../../src/tensor/tensor.js';

/** Whether two arrays hold the same bits: signs of zeros and NaN payloads included. */
export function sameBits(a: FloatArray, b: FloatArray): boolean {
  const bytes = (x: FloatArray) => new Uint8Array(x.buffer, x.byteOffset, x.byteLength);
  const [left, right] = [bytes(a), bytes(b)];
  return a.constructor === b.constructor && left.length === right.length && left.every((v, i) => v === right[i]);
}

/** max |a − b|; Infinity where the lengths differ or a number is none. */
export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i] - b[i]);
    if (Number.isNaN(difference)) return Number.POSITIVE_INFINITY;
    largest = Math.max(largest, difference);
  }
  return largest;
}

/** ‖a − b‖ / ‖b‖. */
export function relativeDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let [difference, size] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    difference += (a[i] - b[i]) ** 2;
    size += b[i] ** 2;
  }
  return Math.sqrt(difference / size);
}

/** Standard normal numbers, the same for the same seed. */
export function normals(length: number, seed: number): Float64Array {
  const random = stream(seed).split('normals');
  return Float64Array.from({ length }, () => random.normal());
}

/** Integers from −9 to 9: sums and products of a few of them are exact in float32. */
export function integers(length: number, seed: number): Float64Array {
  const random = stream(seed).split('integers');
  return Float64Array.from({ length }, () => random.integer(-9, 9));
}

/** Numbers in [0, 1), as pixels are. */
export function pixels(length: number, seed: number): Float32Array {
  const random = stream(seed).split('pixels');
  return Float32Array.from({ length }, () => random.uniform());
}

/** Class indices below `classes`. */
export function randomLabels(count: number, classes: number, seed: number): Uint8Array {
  const random = stream(seed).split('labels');
  return Uint8Array.from({ length: count }, () => random.integer(0, classes - 1));
}

export const dot = (a: FloatArray, b: FloatArray): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
};
