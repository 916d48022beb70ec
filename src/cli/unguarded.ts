/** Restarts the program with less use of address space where that is limited, as on many clusters. */
import { spawn } from 'node:child_process';
import { UserError } from '../errors.js';
import { addressSpace, GUARDED_MEMORY_BYTES, gigabytes, RAISE, UNGUARDED, unguarded } from '../tensor/address-space.js';

/** Bytes of address space that are enough for all WebAssembly memories of a run as V8 reserves them by default. */
const ENOUGH = 12 * GUARDED_MEMORY_BYTES;
/** The smallest usable limit, in bytes. Node alone reserves nearly 1 GB. */
const LEAST = 1.8e9;
/** Signals by which V8 ends a process that is out of memory. */
const OUT_OF_MEMORY: readonly (NodeJS.Signals | null)[] = ['SIGABRT', 'SIGTRAP', 'SIGILL', 'SIGSEGV', 'SIGBUS'];

/**
 * Runs the same command line in a child process with {@link UNGUARDED} if this process's address space is limited. Node
 * accepts that option only when a process starts. The child computes the same numbers.
 *
 * @returns true if a child has run the command line; the exit code is then set
 * @throws {UserError} if the limit is too low
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
  // A terminal sends Ctrl-C to the child too, and a second one would end it at once.
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
    throw new UserError(`${limited}, and the program ran out of it. ${RAISE} Or give fewer --workers.`);
  }
  if (signal) process.kill(process.pid, signal);
  process.exitCode = code ?? 1;
  return true;
}
