/** How much memory a function takes, peaks inside it included. */
import { openSync, readSync, writeSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const gc: () => void = runInNewContext('gc');

/** Collects all garbage, memory outside the heap too, so that what a watch sees next is all new. */
export async function collectGarbage(): Promise<void> {
  for (let turn = 0; turn < 2; turn++) {
    gc();
    await setImmediate(); // arrays' memory is given back by callbacks
  }
}

/** The system's account of this process (Linux's; proc(5)), opened once; undefined where there is none. */
const account = (() => {
  try {
    return { status: openSync('/proc/self/status', 'r'), marks: openSync('/proc/self/clear_refs', 'w') };
  } catch {
    return undefined;
  }
})();

const text = Buffer.alloc(4096);

/** Bytes that this process has in memory now, or had at most. */
function resident(status: number, field: 'VmRSS' | 'VmHWM'): number {
  const length = readSync(status, text, 0, text.length, 0);
  const kilobytes = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(text.toString('latin1', 0, length))?.[1];
  return 1024 * Number(kilobytes);
}

/**
 * Begins to watch how much memory this process takes: the system's own high-water mark, set back to what is in use now.
 * It sees what no sampling sees, a peak inside a function that returns before anything else can run.
 *
 * @returns a function that gives the bytes by which the process was ever larger since then; where the system tells
 *   nothing it gives NaN, which is over no limit
 */
export function watchMemory(): () => number {
  if (account === undefined) return () => Number.NaN;
  const { status, marks } = account;
  writeSync(marks, '5'); // sets the mark back
  const before = resident(status, 'VmRSS');
  return () => resident(status, 'VmHWM') - before;
}
