import { isZero } from '../attacks/linf.js';

/**
 * Tells for each image whether its gradient is exactly zero in every pixel. A loss of NaN has no gradient, even if a
 * ReLU's backward pass has turned the NaN into zero.
 *
 * @param gradient `[n, …]`
 * @param losses the n losses, if they are known
 * @param size numbers per image
 */
export const zeroGradients = (
  gradient: Float32Array,
  losses: ArrayLike<number> | undefined,
  n: number,
  size: number,
): boolean[] =>
  Array.from(
    { length: n },
    (_, i) => (losses === undefined || Number.isFinite(losses[i])) && isZero(gradient, i * size, (i + 1) * size),
  );
