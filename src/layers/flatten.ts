import * as check from '../check.js';
import { sizeOf } from '../tensor/tensor.js';
import type { PlainLayer } from './layer.js';

/**
 * `[C, H, W]` read as `[C·H·W]`: the same numbers, in the same memory unless it is a network's first layer.
 *
 * @throws {RangeError | ShapeError | TypeError} if there is no name, or the shape is none
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
