/* Axes: n batch, C channels, H, W rows and columns, K kernel, OH, OW output. */
import * as check from '../check.js';
import { slidingWindow, type Window } from '../tensor/im2col.js';
import type { FloatArray } from '../tensor/tensor.js';
import { windowAttributes } from './graph.js';
import type { PlainLayer } from './layer.js';

/**
 * Computes y[p, oy, ox] = the mean of x over the K×K window at (oy·stride, ox·stride), for each plane p of `planes` =
 * n·C.
 *
 * @param x `[n, C, H, W]`
 * @param y written: `[n, C, OH, OW]`
 */
export function avgPoolForward(x: FloatArray, y: FloatArray, planes: number, window: Window): void {
  const { height, width, kernel, stride, outHeight, outWidth } = window;
  const area = kernel * kernel;
  for (let p = 0, out = 0; p < planes; p++) {
    for (let oy = 0; oy < outHeight; oy++) {
      for (let ox = 0; ox < outWidth; ox++, out++) {
        let sum = 0;
        for (let ky = 0; ky < kernel; ky++) {
          const row = (p * height + oy * stride + ky) * width + ox * stride;
          for (let kx = 0; kx < kernel; kx++) sum += x[row + kx];
        }
        y[out] = sum / area;
      }
    }
  }
}

/**
 * Computes dx, the adjoint of {@link avgPoolForward}: each pixel of a window gets dy / K².
 *
 * @param dy `[n, C, OH, OW]`
 * @param dx written: `[n, C, H, W]`
 */
export function avgPoolBackward(dy: FloatArray, dx: FloatArray, planes: number, window: Window): void {
  const { height, width, kernel, stride, outHeight, outWidth } = window;
  const area = kernel * kernel;
  dx.fill(0, 0, planes * height * width);
  for (let p = 0, out = 0; p < planes; p++) {
    for (let oy = 0; oy < outHeight; oy++) {
      for (let ox = 0; ox < outWidth; ox++, out++) {
        const share = dy[out] / area;
        for (let ky = 0; ky < kernel; ky++) {
          const row = (p * height + oy * stride + ky) * width + ox * stride;
          for (let kx = 0; kx < kernel; kx++) dx[row + kx] += share;
        }
      }
    }
  }
}

/**
 * Makes an average-pooling layer: y is the mean of each K×K window of x, without padding.
 *
 * @param name the layer's name
 * @param inputShape `[C, H, W]`
 * @param options.kernel K, the window's side in pixels
 * @param options.stride the distance of windows in pixels; default: K
 * @throws {ShapeError} if the window is larger than the input, or its kernel or stride is not a whole number of at
 *   least 1
 * @throws {RangeError | TypeError} if the name is empty, or another argument is of another type
 * @example
 * ```ts
 * avgPool('pool1', [6, 28, 28], { kernel: 2 }).outputShape; // [6, 14, 14]
 * ```
 */
export function avgPool(
  name: string,
  inputShape: readonly number[],
  options: { readonly kernel: number; readonly stride?: number },
): PlainLayer {
  check.text('avg-pool', 'name', name);
  check.object('avg-pool', 'options', options, 'an object with kernel');
  const { kernel, stride = kernel } = options;
  const window = slidingWindow('avg-pool', inputShape, { kernel, stride });
  const { channels, outHeight, outWidth } = window;
  return {
    name,
    weighted: false,
    output: 'own',
    inputShape,
    window,
    outputShape: [channels, outHeight, outWidth],
    writeTo: (graph, x) => graph.operator('AveragePool', [x], windowAttributes(window)),
    bind: (_kernels, { x, y, dx, dy }) => ({
      forward: (n) => avgPoolForward(x.data, y.data, n * channels, window),
      backward: (n) => avgPoolBackward(dy.data, dx.data, n * channels, window),
    }),
  };
}
