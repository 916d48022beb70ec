/* Axes: n batch, C channels, H, W rows and columns, K kernel, OH, OW output. */
import * as check from '../check.js';
import { slidingWindow } from '../tensor/im2col.js';
import { sizeOf } from '../tensor/tensor.js';
import { windowAttributes } from './graph.js';
import type { PlainLayer } from './layer.js';

/**
 * y[c, oy, ox] = max of x over the K×K window at (oy·stride, ox·stride). Backward, dy goes to the pixel that won
 * (the first, on a tie), and every other pixel gets 0.
 *
 * @param inputShape `[C, H, W]`
 * @throws {ShapeError} if the window doesn't fit the input, or its kernel or stride makes no sense
 * @throws {RangeError | TypeError} if there is no name, or another argument is none
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
