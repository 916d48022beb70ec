/*
 * The loops of batch normalisation in plain TypeScript. The input has `planes` planes of `size` numbers each. Plane p
 * belongs to channel p mod C, where C is the length of `mean`. The sum of a channel runs over its planes one by one.
 */
import type { FloatArray } from './tensor.js';

/** Writes the mean and the (biased) variance of each channel's numbers. */
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

/** Computes y = (x − mean)·factor + shift, with one mean, factor and shift per channel. */
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

/** Computes sums = Σ dy and products = Σ dy·(x − mean) for each channel. */
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

/** Computes dx = factor·(dy − offset − slope·(x − mean)), with one of each coefficient per channel. */
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
