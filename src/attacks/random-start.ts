import type { RandomStream } from '../tensor/random.js';

/** Moves each number of x by up to epsilon, uniformly, and clips it to [0, 1]. */
export function uniformStart(x: Float32Array, epsilon: number, random: RandomStream): void {
  for (let p = 0; p < x.length; p++) x[p] = clip(x[p] + epsilon * (2 * random.uniform() - 1));
}

/** Fills `signs` with +1 and −1, each with probability ½, 31 of them from each draw. */
export function fillSigns(signs: Int8Array, random: RandomStream): void {
  let bits = 0;
  for (let p = 0; p < signs.length; p++) {
    if (p % 31 === 0) bits = random.integer(0, 0x7fffffff);
    signs[p] = bits & 1 ? 1 : -1;
    bits >>>= 1;
  }
}

/** The nearest number in [0, 1]. */
export const clip = (value: number): number => Math.min(1, Math.max(0, value));
