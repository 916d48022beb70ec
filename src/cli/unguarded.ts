/** A limited address space, as clusters set it: the program is then carried out by a process of its own. */
import { spawn } from 'node:child_process';
import { UserError } from '../errors.js';
import { addressSpace, GUARDED_MEMORY_BYTES, gigabytes, RAISE, UNGUARDED, unguarded } from '../tensor/address-space.js';

/** With as much as this the memories of a run can have their guards: its heap, others for a while, and figures. */
const ENOUGH = 12 * GUARDED_MEMORY_BYTES;
/** Node alone takes nearly a gigabyte. */
const LEAST = 1.8e9;
/** What a process ends by that V8 ends for want of memory. */
const OUT_OF_MEMORY: readonly (NodeJS.Signals | null)[] = ['SIGABRT', 'SIGTRAP', 'SIGILL', 'SIGSEGV', 'SIGBUS'];

/**
 * Has a child do all where this process's address space is limited, since WebAssembly can do with less of it, but not
 * any more in a process that is there already. The child computes the same numbers.
 *
 * @returns whether that was done; the exit code is set then
 * @throws {UserError} if the limit leaves too little
 */
export async function doneUnguarded(): Promise<boolean> {
  const space = addressSpace();
  if (!space || space.limit > ENOUGH) return false;
  const limited = `The address space of this process is limited to ${gigabytes(space.limit)} (ulimit -v)`;
  if (space.limit < LEAST) throw new UserError(`${limited}; a run needs ${gigabytes(LEAST)} at least. ${RAISE}`);
  if (unguarded() || !process.allowedNodeEnvironmentFlags?.has(UNGUARDED)) return false;
  const child = spawn(process.execPath, [UNGUARDED, ...process.execArgv, ...process.argv.slice(1)], {
    stdio: 'inherit',
  });
  // Ctrl-C at a terminal comes to the child by itself, and a second one would end it at once.
  const terminal = [process.stdin, process.stdout, process.stderr].some(({ isTTY }) => isTTY);
  const forwarded = (['SIGINT', 'SIGTERM', 'SIGHUP'] as const).map((signal) => {
    const forward = () => {
      if (signal !== 'SIGINT' || !terminal) child.kill(signal);
    };
    process.on(signal, forward);
    return () => process.off(signal, forward);
  });
  const { code, signal } = await new Promise<{ code: number | null; signal: NodeJS.Signals | null }>(
    (resolve, reject) => child.once('error', reject).once('close', (code, signal) => resolve({ code, signal })),
  );
  for (const stop of forwarded) stop();
  if (OUT_OF_MEMORY.includes(signal)) {
    throw new UserError(`${limited}, and the program ended for want of memory. ${RAISE} Or give fewer --workers.`);
  }
  if (signal) process.kill(process.pid, signal);
  process.exitCode = code ?? 1;
  return true;
}
