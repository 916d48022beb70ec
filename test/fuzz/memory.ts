import { readFileSync, writeFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const STATUS = '/proc/self/status';

setFlagsFromString('--expose-gc');
const gc: () => void = runInNewContext('gc');

/** Collects all garbage, memory outside the heap too, so that what a watch sees next is all new. */
export async function collectGarbage(): Promise<void> {
  for (let turn = 0; turn < 2; turn++) {
    gc();
    await setImmediate(); // arrays' memory is given back by callbacks
  }
}

/** Bytes that the system's account of this process gives for a field; undefined where there is no such account. */
function field(name: 'VmRSS' | 'VmHWM'): number | undefined {
  try {
    const kilobytes = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(readFileSync(STATUS, 'utf8'))?.[1];
    return kilobytes === undefined ? undefined : 1024 * Number(kilobytes);
  } catch {
    return undefined;
  }
}

/**
 * Begins to watch how much memory this process takes: the system's own high-water mark, set back to what is in use now.
 * It sees what no sampling sees, a peak inside a function that returns before anything else can run.
 *
 * @returns a function that gives the bytes by which the process was ever larger since then (Linux; elsewhere NaN, which
 *   is more than no limit)
 */
export function watchMemory(): () => number {
  try {
    writeFileSync('/proc/self/clear_refs', '5');
  } catch {
    return () => Number.NaN;
  }
  const before = field('VmRSS') ?? Number.NaN;
  return () => (field('VmHWM') ?? Number.NaN) - before;
}
