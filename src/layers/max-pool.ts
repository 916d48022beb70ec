/* Axes: n batch, C channels, H, W rows and columns, K kernel, OH, OW output. */
import * as check from '../check.js';
import { slidingWindow } from '../tensor/im2col.js';
import { sizeOf } from '../tensor/tensor.js';
import { windowAttributes } from './graph.js';
import type { PlainLayer } from './layer.js';

/**
 * Makes a max-pooling layer: y[c, oy, ox] = the maximum of x over the K×K window at (oy·stride, ox·stride). In the
 * backward pass, dy goes to the pixel with the maximum (the first, on a tie); all other pixels get 0.
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
 * maxPool('pool1', [6, 28, 28], { kernel: 2 }).outputShape; // [6, 14, 14]
 * ```
 */
export function maxPool(
  name: string,
  inputShape: readonly number[],
  options: { readonly kernel: number; readonly stride?: number },
): PlainLayer {
  check.text('max-pool', 'name', name);
  check.object('max-pool', 'options', options, 'an object with kernel');
  const { kernel, stride = kernel } = options;
  const window = slidingWindow('max-pool', inputShape, { kernel, stride });
  const { channels, outHeight, outWidth } = window;
  const outputShape = [channels, outHeight, outWidth];
  return {
    name,
    weighted: false,
    output: 'own',
    inputShape,
    window,
    outputShape,
    writeTo: (graph, x) => graph.operator('MaxPool', [x], windowAttributes(window)),
    bind(kernels, { x, y, dx, dy, allocIndices }) {
      const winner = allocIndices(y.images.length * sizeOf(outputShape));
      return {
        forward: (n) => kernels.maxPool(x.data, y.data, winner, n * channels, window),
        backward: (n) => kernels.maxPoolBackward(dy.data, winner, dx.data, n * channels, window),
      };
    },
  };
}
