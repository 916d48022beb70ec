import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import * as check from '../check.js';

/**
 * A stream of random numbers. A child stream depends on its parent's seed and its name alone, and not on how many
 * numbers have been drawn: `stream(1).split('weights')` is the same stream in every place. A new draw in one place
 * changes no number in another.
 */
export interface RandomStream {
  /** Returns an independent stream that depends on this stream's seed and the name alone. */
  split(name: string | number): RandomStream;
  /** Draws a number uniformly from [0, 1), with 53 random bits. */
  uniform(): number;
  /** Draws an integer uniformly from [low, high], both included. */
  integer(low: number, high: number): number;
  /** Draws from the standard normal distribution (Marsaglia's polar method). */
  normal(): number;
  /** Draws from the standard normal distribution until |z| ≤ bound. */
  truncatedNormal(bound: number): number;
}

/**
 * Returns the root stream of a seed.
 *
 * @param seed a whole number of 32 bits, −2³¹ to 2³² − 1
 * @throws {RangeError} if the seed is anything else
 * @example
 * ```ts
 * const random = stream(1).split('noise');
 * random.uniform(); // in [0, 1)
 * ```
 */
export function stream(seed: number): RandomStream {
  check.seed('stream', 'seed', seed);
  return streamOf(mix(seed >>> 0));
}

/**
 * Returns a uniformly random permutation of 0 … n − 1 (Fisher–Yates shuffle).
 *
 * @param n a whole number from 0 to 2³² − 1
 * @throws {RangeError} if `n` is anything else
 * @throws {TypeError} if `random` is not a stream
 * @example
 * ```ts
 * permutation(5, stream(1)); // such as Uint32Array [3, 0, 4, 1, 2]
 * ```
 */
export function permutation(n: number, random: RandomStream): Uint32Array {
  check.wholeNumber('permutation', 'n', n, { from: 0, to: 2 ** 32 - 1 });
  check.object('permutation', 'random', random, 'a stream (stream(seed) makes one)', { integer: 'function' });
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = random.integer(0, i);
    const swapped = order[i];
    order[i] = order[j];
    order[j] = swapped;
  }
  return order;
}

function streamOf(key: number): RandomStream {
  const generator = xoroshiro128plus(key);
  let spare: number | undefined;

  function normal(): number {
    if (spare !== undefined) {
      const z = spare;
      spare = undefined;
      return z;
    }
    for (;;) {
      const u = 2 * uniformFloat64(generator) - 1;
      const v = 2 * uniformFloat64(generator) - 1;
      const s = u * u + v * v;
      if (s === 0 || s >= 1) continue;
      const scale = Math.sqrt((-2 * Math.log(s)) / s);
      spare = v * scale;
      return u * scale;
    }
  }

  return {
    split: (name) => streamOf(hash(key, String(name))),
    uniform: () => uniformFloat64(generator),
    integer: (low, high) => uniformInt(generator, low, high),
    normal,
    truncatedNormal(bound) {
      for (;;) {
        const z = normal();
        if (Math.abs(z) <= bound) return z;
      }
    },
  };
}

/**
 * Returns a child's key: FNV-1a over the name, starting from the parent's key, then mixed. Keys of siblings are
 * unrelated.
 */
function hash(key: number, name: string): number {
  let h = 0x811c9dc5 ^ key;
  for (let i = 0; i < name.length; i++) h = Math.imul(h ^ name.charCodeAt(i), 0x01000193);
  return mix(h);
}

/**
 * The finaliser of MurmurHash3: a bijection of 32-bit integers in which every bit of x affects every bit of the result.
 */
function mix(x: number): number {
  let h = x;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
