import { sizeOf } from '../tensor/tensor.js';
import type { PlainLayer } from './layer.js';

/** `[C, H, W]` read as `[C·H·W]`: the same numbers in the same memory. */
export const flatten = (name: string, inputShape: readonly number[]): PlainLayer => ({
  name,
  weighted: false,
  inPlace: true,
  inputShape,
  outputShape: [sizeOf(inputShape)],
  bind: () => ({ forward() {}, backward() {} }),
});
