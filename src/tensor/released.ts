/*
 * Memory that was given back. An array is a view: it still reads and writes its place in memory when that is another
 * array's. So an object that holds arrays asks here, once a public call, whether it still has them.
 *
 * Giving back twice: `release` of an object does nothing the second time, and neither does `freeTrainingMemory`. `free` of
 * an array throws.
 */

const givenBack = new WeakSet<object>();

/** What each byte becomes when it is given back while tests run: floats are NaN then, and integers −1. */
const POISON = 0xff;

/** Whether memory that is given back is overwritten, so that a test fails where something still reads it. */
export const poisons: boolean = globalThis.process?.env?.WEIGHT_TRANSPORT_POISON === '1';

/**
 * Notes that an array was given back.
 *
 * @param bytes its memory
 */
export function giveBack(array: ArrayBufferView, bytes: Uint8Array): void {
  givenBack.add(array);
  if (poisons) bytes.fill(POISON);
}

/** Whether this array was given back. Of its parts (`subarray`) nothing is known. */
export const wasGivenBack = (array: ArrayBufferView): boolean => givenBack.has(array);

/**
 * Checks that something still has its memory.
 *
 * @param what what a reader of the message calls it
 * @param array one of its arrays
 * @throws {Error} if that was given back
 */
export function checkHeld(where: string, what: string, array: ArrayBufferView): void {
  if (givenBack.has(array)) throw releasedError(where, what);
}

export const releasedError = (where: string, what: string): Error =>
  new Error(
    `${where}: ${what} was released; one that still has its memory is expected (make it anew, or release it after its last use)`,
  );
