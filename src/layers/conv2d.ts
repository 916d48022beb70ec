/*
 * Axes: N batch (one image at a time here), C input channels, O output channels, H, W rows and columns, K kernel,
 * OH, OW output rows and columns.
 */
import { im2colShape, slidingWindow, type Window } from '../tensor/im2col.js';
import type { Kernels } from '../tensor/kernels.js';
import type { FloatArray } from '../tensor/tensor.js';
import type { Batch, WeightedLayer } from './layer.js';

/**
 * y[o, oy, ox] = b[o] + Σ_{c,ky,kx} w[o, c, ky, kx] · x[c, oy·stride + ky − padding, ox·stride + kx − padding]:
 * for each image, y = W·im2col(x) + b.
 *
 * @param x `[n, C, H, W]`
 * @param weight `[O, C, K, K]`, read as the matrix `[O, C·K·K]`
 * @param bias `[O]`
 * @param y written: `[n, O, OH, OW]`
 * @param cols scratch for one image, `[C·K·K, OH·OW]`
 */
export function conv2dForward<A extends FloatArray>(
  kernels: Kernels<A>,
  x: Batch<A>,
  weight: A,
  bias: A,
  y: Batch<A>,
  cols: A,
  n: number,
  window: Window,
): void {
  const [taps, places] = im2colShape(window);
  const outputs = bias.length;
  for (let i = 0; i < n; i++) {
    kernels.im2col(x.images[i], cols, window);
    kernels.matmul(weight, cols, y.images[i], outputs, places, taps);
    kernels.addToRows(y.images[i], bias, outputs, places);
  }
}

/**
 * dx = col2im(Wᵀ·dy) for each image: the adjoint of y = W·im2col(x), with `carrier` in the place of W.
 *
 * @param dy `[n, O, OH, OW]`
 * @param carrier `[O, C, K, K]`
 * @param dx written: `[n, C, H, W]`
 */
export function conv2dBackwardInput<A extends FloatArray>(
  kernels: Kernels<A>,
  dy: Batch<A>,
  carrier: A,
  dx: Batch<A>,
  cols: A,
  n: number,
  window: Window,
): void {
  const [taps, places] = im2colShape(window);
  const outputs = carrier.length / taps;
  for (let i = 0; i < n; i++) {
    kernels.matmulTA(carrier, dy.images[i], cols, taps, places, outputs);
    kernels.col2im(cols, dx.images[i], window);
  }
}

/**
 * dw = Σ_images dy·im2col(x)ᵀ and db[o] = Σ_images Σ_places dy[o]. The columns are unrolled anew: for one image they
 * stay in the cache, where keeping a whole batch's from the forward pass would not.
 *
 * @param dw written: `[O, C, K, K]`
 * @param db written: `[O]`
 */
export function conv2dBackwardWeights<A extends FloatArray>(
  kernels: Kernels<A>,
  x: Batch<A>,
  dy: Batch<A>,
  dw: A,
  db: A,
  cols: A,
  n: number,
  window: Window,
): void {
  const [taps, places] = im2colShape(window);
  const outputs = db.length;
  for (let i = 0; i < n; i++) {
    kernels.im2col(x.images[i], cols, window);
    kernels.matmulTB(dy.images[i], cols, dw, outputs, taps, places, i > 0);
    kernels.sumRows(dy.images[i], db, outputs, places, i > 0);
  }
}

/**
 * A convolution layer with square kernels.
 *
 * @param inputShape `[C, H, W]`
 * @throws {ShapeError} if the kernel doesn't fit the padded input.
 */
export function conv2d(
  name: string,
  inputShape: readonly number[],
  options: { readonly outputs: number; readonly kernel: number; readonly stride?: number; readonly padding?: number },
): WeightedLayer {
  const window = slidingWindow('conv2d', inputShape, options);
  const { channels, kernel, outHeight, outWidth } = window;
  const [taps, places] = im2colShape(window);
  return {
    name,
    weighted: true,
    inputShape,
    outputShape: [options.outputs, outHeight, outWidth],
    weightShape: [options.outputs, channels, kernel, kernel],
    biasShape: [options.outputs],
    fanIn: taps,
    bind(kernels, { x, y, dx, dy }) {
      const cols = kernels.alloc(taps * places);
      return {
        forward: (n, weight, bias) => conv2dForward(kernels, x, weight, bias, y, cols, n, window),
        backwardInput: (n, carrier) => conv2dBackwardInput(kernels, dy, carrier, dx, cols, n, window),
        backwardWeights: (n, dw, db) => conv2dBackwardWeights(kernels, x, dy, dw, db, cols, n, window),
      };
    },
  };
}
