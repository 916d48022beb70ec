import * as check from '../check.js';
import { sizeOf } from '../tensor/tensor.js';
import type { PlainLayer } from './layer.js';

/**
 * Makes a layer that reads `[C, H, W]` as `[C·H·W]`. The numbers stay in the same memory, except in a network's first
 * layer.
 *
 * @param name the layer's name
 * @param inputShape the shape of one image, such as `[16, 5, 5]`
 * @throws {RangeError} if the name is empty
 * @throws {ShapeError | TypeError} if the shape is not an array of whole numbers of at least 1
 * @example
 * ```ts
 * flatten('flatten', [16, 5, 5]).outputShape; // [400]
 * ```
 */
export function flatten(name: string, inputShape: readonly number[]): PlainLayer {
  check.text('flatten', 'name', name);
  check.shape('flatten', 'inputShape', inputShape);
  return {
    name,
    weighted: false,
    output: 'is-input',
    inputShape,
    outputShape: [sizeOf(inputShape)],
    writeTo: (graph, x) => graph.operator('Flatten', [x], { axis: 1 }),
    bind: (_kernels, { x, y, dx, dy }) => ({
      forward(n) {
        if (y.data !== x.data) y.data.set(x.data.subarray(0, n * x.size));
      },
      backward(n) {
        if (dx.data !== dy.data) dx.data.set(dy.data.subarray(0, n * x.size));
      },
    }),
  };
}
