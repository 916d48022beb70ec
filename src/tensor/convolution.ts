/*
 * The plain convolution: a matrix product with the unrolled image, one image at a time.
 *
 *   y = W·im2col(x) + b        dx = col2im(Wᵀ·dy)        dw = Σ_images dy·im2col(x)ᵀ
 *
 * Axes: n batch, C input channels, O output channels, H, W rows and columns, K kernel, OH, OW output rows and columns.
 */
import { col2im, im2col, im2colShape, type Window } from './im2col.js';
import type { Kernels } from './kernels.js';
import { multiply } from './matmul.js';
import type { FloatArray } from './tensor.js';

/** The three kernels, with scratch memory of their own for one unrolled image. */
export function plainConvolutions<A extends FloatArray>(
  alloc: (length: number) => A,
): Pick<Kernels<A>, 'convForward' | 'convBackwardInput' | 'convBackwardWeights'> {
  let scratch = alloc(0);
  const colsFor = (window: Window): A => {
    const [taps, places] = im2colShape(window);
    if (scratch.length < taps * places) scratch = alloc(taps * places);
    return scratch;
  };
  return {
    convForward: (x, weight, bias, y, n, window) => forward(x, weight, bias, y, colsFor(window), n, window),
    convBackwardInput: (dy, carrier, dx, n, window) => backwardInput(dy, carrier, dx, colsFor(window), n, window),
    convBackwardWeights: (x, dy, dw, db, n, window) => backwardWeights(x, dy, dw, db, colsFor(window), n, window),
  };
}

/**
 * y[o, oy, ox] = b[o] + Σ_{c,ky,kx} w[o, c, ky, kx] · x[c, oy·stride + ky − padding, ox·stride + kx − padding]
 *
 * @param x `[n, C, H, W]`
 * @param weight `[O, C, K, K]`, read as the matrix `[O, C·K·K]`
 * @param bias `[O]`
 * @param y written: `[n, O, OH, OW]`
 * @param cols scratch, `[C·K·K, OH·OW]`
 */
function forward(
  x: FloatArray,
  weight: FloatArray,
  bias: FloatArray,
  y: FloatArray,
  cols: FloatArray,
  n: number,
  window: Window,
): void {
  const [taps, places] = im2colShape(window);
  for (let i = 0; i < n; i++) {
    const image = nthOf(y, i, bias.length * places);
    im2col(nthOf(x, i, sizeOfImage(window)), cols, window);
    multiply(weight, taps, 1, cols, places, 1, image, bias.length, places, taps, false);
    for (let o = 0, p = 0; o < bias.length; o++) {
      for (let end = p + places; p < end; p++) image[p] += bias[o];
    }
  }
}

/**
 * dx = col2im(Wᵀ·dy): the adjoint of y = W·im2col(x), with `carrier` in the place of W.
 *
 * @param dy `[n, O, OH, OW]`
 * @param carrier `[O, C, K, K]`
 * @param dx written: `[n, C, H, W]`
 */
function backwardInput(
  dy: FloatArray,
  carrier: FloatArray,
  dx: FloatArray,
  cols: FloatArray,
  n: number,
  window: Window,
): void {
  const [taps, places] = im2colShape(window);
  const outputs = carrier.length / taps;
  for (let i = 0; i < n; i++) {
    multiply(carrier, 1, taps, nthOf(dy, i, outputs * places), places, 1, cols, taps, places, outputs, false);
    col2im(cols, nthOf(dx, i, sizeOfImage(window)), window);
  }
}

/**
 * dw = Σ_images dy·im2col(x)ᵀ and db[o] = Σ_images Σ_places dy[o].
 *
 * @param dw written: `[O, C, K, K]`
 * @param db written: `[O]`
 */
function backwardWeights(
  x: FloatArray,
  dy: FloatArray,
  dw: FloatArray,
  db: FloatArray,
  cols: FloatArray,
  n: number,
  window: Window,
): void {
  const [taps, places] = im2colShape(window);
  for (let i = 0; i < n; i++) {
    const image = nthOf(dy, i, db.length * places);
    im2col(nthOf(x, i, sizeOfImage(window)), cols, window);
    multiply(image, places, 1, cols, 1, places, dw, db.length, taps, places, i > 0);
    for (let o = 0, p = 0; o < db.length; o++) {
      let sum = i > 0 ? db[o] : 0;
      for (let end = p + places; p < end; p++) sum += image[p];
      db[o] = sum;
    }
  }
}

const sizeOfImage = ({ channels, height, width }: Window): number => channels * height * width;

/** The i-th of equal parts of an array, sharing its memory. */
const nthOf = (array: FloatArray, i: number, size: number): FloatArray => array.subarray(i * size, (i + 1) * size);
