/*
 * Detects the use of freed memory. An array is a view: after it is freed, it still reads and writes its place in
 * memory, which may be another array's. So an object that holds arrays checks here, once per public call, that they
 * aren't freed.
 *
 * A second call of an object's `release`, or of `freeTrainingMemory`, does nothing. A second `free` of an array throws.
 */

const givenBack = new WeakSet<object>();

/** The value of each freed byte while tests run: floats are then NaN, and integers −1. */
const POISON = 0xff;

/** True if freed memory is overwritten, so that a test fails if something still reads it. */
export const poisons: boolean = globalThis.process?.env?.WEIGHT_TRANSPORT_POISON === '1';

/**
 * Records that an array was freed.
 *
 * @param bytes its memory
 */
export function giveBack(array: ArrayBufferView, bytes: Uint8Array): void {
  givenBack.add(array);
  if (poisons) bytes.fill(POISON);
}

/** Returns true if this array was freed. Its parts (`subarray`) are not recorded. */
export const wasGivenBack = (array: ArrayBufferView): boolean => givenBack.has(array);

/**
 * Checks that an object, called `what` in messages, still has its memory.
 *
 * @param array one of its arrays
 * @throws {Error} if the array was freed
 */
export function checkHeld(where: string, what: string, array: ArrayBufferView): void {
  if (givenBack.has(array)) throw releasedError(where, what);
}

export const releasedError = (where: string, what: string): Error =>
  new Error(
    `${where}: ${what} was released; one that still has its memory is expected (make it anew, or release it after its last use)`,
  );
