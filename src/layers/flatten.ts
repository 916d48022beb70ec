import { sizeOf } from '../tensor/tensor.js';
import type { PlainLayer } from './layer.js';

/** `[C, H, W]` read as `[C·H·W]`: the same numbers, in the same memory unless it is a network's first layer. */
export const flatten = (name: string, inputShape: readonly number[]): PlainLayer => ({
  name,
  weighted: false,
  output: 'is-input',
  inputShape,
  outputShape: [sizeOf(inputShape)],
  bind: (_kernels, { x, y, dx, dy }) => ({
    forward(n) {
      if (y.data !== x.data) y.data.set(x.data.subarray(0, n * x.size));
    },
    backward(n) {
      if (dx.data !== dy.data) dx.data.set(dy.data.subarray(0, n * x.size));
    },
  }),
});
