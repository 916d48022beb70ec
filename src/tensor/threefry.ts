/*
 * A counter-based generator of random numbers. Number i of a stream depends on the stream's keys, the step and i alone.
 * Any thread can draw any part of a step's numbers, and all threads see the same numbers. It serves training, which
 * draws hundreds of thousands of numbers in every step; numbers drawn once come from random.ts.
 *
 * Threefry-2x32 with 20 rounds (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"): it makes two 32-bit
 * words from two 32-bit counters and two keys.
 */
import type { FloatArray } from './tensor.js';

/** The stream's keys and the step, as 32-bit integers. */
export interface Draw {
  readonly keys: readonly [number, number];
  readonly step: number;
}

const PARITY = 0x1bd11bda;
const ROTATIONS = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
] as const;

/** Returns the two words of a pair of counters, as signed 32-bit integers. */
export function threefry([c0, c1]: readonly [number, number], [k0, k1]: readonly [number, number]): [number, number] {
  const keys = [k0, k1, PARITY ^ k0 ^ k1];
  let x0 = (c0 + k0) | 0;
  let x1 = (c1 + k1) | 0;
  for (let group = 1; group <= 5; group++) {
    for (const by of ROTATIONS[(group + 1) % 2]) {
      x0 = (x0 + x1) | 0;
      x1 = ((x1 << by) | (x1 >>> (32 - by))) ^ x0;
    }
    x0 = (x0 + keys[group % 3]) | 0;
    x1 = (x1 + keys[(group + 1) % 3] + group) | 0;
  }
  return [x0, x1];
}

/**
 * Writes out[i] = number `first + i` of the stream, uniform in [−1, 1): the upper 24 bits of a word, exact in float32.
 * Four counters give eight numbers: their first words, then their second words.
 *
 * @param first a multiple of 8
 */
export function uniform(out: FloatArray, length: number, first: number, { keys, step }: Draw): void {
  for (let i = 0; i < length; i++) {
    const at = first + i;
    const counter = 4 * Math.floor(at / 8) + (at % 4);
    out[i] = (threefry([counter, step], keys)[at % 8 < 4 ? 0 : 1] >> 8) * 2 ** -23;
  }
}
