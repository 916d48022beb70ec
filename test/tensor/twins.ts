import fc from 'fast-check';
import { Heap } from '../../src/tensor/heap.js';
import type { Kernels } from '../../src/tensor/kernels.js';
import { type RandomStream, stream } from '../../src/tensor/random.js';
import { referenceKernels } from '../../src/tensor/reference.js';
import { simdKernels } from '../../src/tensor/simd.js';
import * as arrays from '../helpers/arrays.js';
import { anySeed, forAll as forAllCases, sizeUpTo } from '../helpers/cases.js';

/** Half the distance between 1 and the next float32: the relative error of one rounding. */
export const U = 2 ** -24;

const heap = new Heap();
export const simd = await simdKernels(heap);
export const plain = referenceKernels();

/** Stands around every array: a kernel that writes there has left its array. */
const GUARD = 12345.678;
const GUARDS = 5;
const guarded: Float32Array[] = [];

/**
 * An array in shared memory with guards on both sides, `shift` numbers off the 64-byte line, so that its address is a
 * multiple of 4 but mostly not of 16.
 */
export function place(values: ArrayLike<number>, shift = 0): Float32Array {
  const around = heap.float32(shift + values.length + 2 * GUARDS).fill(GUARD);
  guarded.push(around.subarray(shift, shift + GUARDS), around.subarray(shift + GUARDS + values.length));
  const array = around.subarray(shift + GUARDS, shift + GUARDS + values.length);
  array.set(values);
  return array;
}

/** Whether all guards placed since the last call still stand. */
export function guardsStand(): boolean {
  const stand = guarded.every((guard) => guard.every((value) => value === Math.fround(GUARD)));
  guarded.length = 0;
  return stand;
}

/** What one random case of a property is made of. */
export interface Dice {
  readonly random: RandomStream;
  /** An integer in [low, high]. */
  size(low: number, high: number): number;
  /** Normally distributed numbers, one in eight of them 0. */
  numbers(length: number): Float32Array;
  /** A twin pair over the same numbers: in shared memory at an odd place, and plain. */
  pair(values: ArrayLike<number>): Twin;
  flag(): boolean;
}

export interface Twin {
  readonly simd: Float32Array;
  readonly plain: Float32Array;
}

/** Checks `holds` on `runs` random cases, always the same ones, and that no guard was touched in any. */
export function forAll(runs: number, holds: (dice: Dice) => void): void {
  forAllCases(runs, fc.tuple(anySeed, sizeUpTo(24)), ([seed, largest]) => {
    holds(diceOf(seed, largest));
    if (!guardsStand()) throw new Error('memory outside the arrays was written');
  });
}

/** `largest` bounds the sizes: fast-check shrinks it, so that a failure is reported at a small size. */
function diceOf(seed: number, largest: number): Dice {
  const random = stream(seed);
  const numbers = (length: number) =>
    Float32Array.from({ length }, () => (random.uniform() < 0.125 ? 0 : random.normal()));
  return {
    random,
    numbers,
    size: (low, high) => random.integer(low, Math.max(low, Math.min(high, low + largest * 2))),
    pair: (values) => ({ simd: place(values, random.integer(0, 3)), plain: Float32Array.from(values) }),
    flag: () => random.uniform() < 0.5,
  };
}

/** Throws unless |actual − expected| ≤ bound everywhere (both NaN counts as equal); bound 0 asks for equal numbers. */
export function close(actual: Float32Array, expected: ArrayLike<number>, bound: (i: number) => number): void {
  if (actual.length !== expected.length) throw new Error(`${actual.length} numbers, not ${expected.length}`);
  for (let i = 0; i < actual.length; i++) {
    if (Math.abs(actual[i] - expected[i]) <= bound(i) || Object.is(actual[i], expected[i])) continue;
    throw new Error(`[${i}]: ${actual[i]}, not ${expected[i]} ± ${bound(i)}`);
  }
}

export const same = (actual: Float32Array, expected: ArrayLike<number>): void => close(actual, expected, () => 0);

/** Throws unless the two hold the same bits, signs of zeros included. */
export function sameBits(actual: Float32Array, expected: Float32Array): void {
  if (arrays.sameBits(actual, expected)) return;
  const i = actual.findIndex((value, at) => !Object.is(value, expected[at]));
  throw new Error(`[${i}]: ${actual[i]} and ${expected[i]} differ`);
}

export const absolute = (values: Float32Array): Float32Array => values.map(Math.abs);

export type AnyKernels = Kernels<Float32Array>;
