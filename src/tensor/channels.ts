/*
 * Batch normalisation's loops, in plain TypeScript. `planes` planes of `size` numbers each, plane p of channel p mod C,
 * where C is the length of `mean`; a channel's sum runs over its planes one by one.
 */
import type { FloatArray } from './tensor.js';

/** The mean of each channel's numbers, and of their squared distances from it. */
export function channelMoments(x: FloatArray, mean: FloatArray, variance: FloatArray, planes: number, size: number) {
  const channels = mean.length;
  const count = (planes / channels) * size;
  for (let c = 0; c < channels; c++) {
    let sum = 0;
    for (let p = c; p < planes; p += channels) {
      for (let i = p * size; i < (p + 1) * size; i++) sum += x[i];
    }
    mean[c] = sum / count;
    let squares = 0;
    for (let p = c; p < planes; p += channels) {
      for (let i = p * size; i < (p + 1) * size; i++) squares += (x[i] - mean[c]) ** 2;
    }
    variance[c] = squares / count;
  }
}

/** y = (x − mean)·factor + shift. */
export function channelAffine(
  x: FloatArray,
  y: FloatArray,
  mean: FloatArray,
  factor: FloatArray,
  shift: FloatArray,
  planes: number,
  size: number,
): void {
  for (let p = 0, i = 0; p < planes; p++) {
    const c = p % mean.length;
    for (let s = 0; s < size; s++, i++) y[i] = (x[i] - mean[c]) * factor[c] + shift[c];
  }
}

/** sums = Σ dy and products = Σ dy·(x − mean), of each channel. */
export function channelProducts(
  x: FloatArray,
  mean: FloatArray,
  dy: FloatArray,
  sums: FloatArray,
  products: FloatArray,
  planes: number,
  size: number,
): void {
  const channels = mean.length;
  for (let c = 0; c < channels; c++) {
    let [sum, product] = [0, 0];
    for (let p = c; p < planes; p += channels) {
      for (let i = p * size; i < (p + 1) * size; i++) {
        sum += dy[i];
        product += dy[i] * (x[i] - mean[c]);
      }
    }
    sums[c] = sum;
    products[c] = product;
  }
}

/** dx = factor·(dy − offset − slope·(x − mean)). */
export function channelAffineBackward(
  x: FloatArray,
  mean: FloatArray,
  dy: FloatArray,
  dx: FloatArray,
  offset: FloatArray,
  slope: FloatArray,
  factor: FloatArray,
  planes: number,
  size: number,
): void {
  for (let p = 0, i = 0; p < planes; p++) {
    const c = p % mean.length;
    for (let s = 0; s < size; s++, i++) dx[i] = factor[c] * (dy[i] - offset[c] - slope[c] * (x[i] - mean[c]));
  }
}
