/** How the process ends: what is said last, and the exit code. */
import { CommanderError } from 'commander';
import { diskFault, isDiskError } from '../disk/faults.js';
import { Interruption, UserError } from '../errors.js';
import { addressSpace, limitText } from '../tensor/address-space.js';

const USAGE = 2;
const INTERRUPTED = 130;

/** How long the process may go on once its last word is said, in milliseconds. */
const LINGER = 1000;

/**
 * Lets the process go on when nobody reads what it says any more: output that was closed (`| head -1`), a terminal that
 * is gone. What counts is in files. Output that goes into a file and fails there is an error like any other.
 */
export function outliveReaders(): void {
  process.stderr.on('error', () => {});
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (isDiskError(error) && error.code !== 'EIO') fail(error);
  });
}

/**
 * Returns the message for a failure and the exit code: 2 if the user can correct it, 130 for an interruption.
 *
 * @returns undefined for an error of this program
 */
export function toldOf(error: unknown): { readonly message: string; readonly code: number } | undefined {
  // Commander has printed the help and its own errors already.
  if (error instanceof CommanderError) return { message: '', code: error.exitCode === 0 ? 0 : USAGE };
  if (isDiskError(error)) {
    const { path } = error;
    const fault = path === undefined ? diskFault(error, 'write to', 'standard output') : diskFault(error, 'use', path);
    return { message: fault.message, code: USAGE };
  }
  if (error instanceof Interruption) return { message: error.message, code: INTERRUPTED };
  if (isMemoryRefusal(error)) return { message: memoryText(error), code: USAGE };
  return error instanceof UserError ? { message: error.message, code: USAGE } : undefined;
}

/** Returns whether the heap or the JavaScript engine could not get memory. Errors of workers have lost their class. */
const isMemoryRefusal = (error: unknown): error is RangeError =>
  error instanceof RangeError &&
  /^heap: .*(asked for|refuses)|allocation failed|allocate memory|out of memory/i.test(error.message);

function memoryText({ message }: RangeError): string {
  if (message.startsWith('heap: ')) return message; // it has advice already
  const space = addressSpace();
  return `The system refuses memory (${message}). ${space ? limitText(space) : 'End other programs, or give fewer --workers.'}`;
}

/**
 * Prints the message of a failure and sets the exit code. An interruption ends the process at once.
 *
 * @throws the error itself if it is an error of this program
 */
export function fail(error: unknown): void {
  const told = toldOf(error);
  if (!told) throw error;
  process.exitCode = told.code;
  if (told.message !== '') process.stderr.write(`${told.message}\n`);
  if (error instanceof CommanderError) return;
  if (told.code === INTERRUPTED) process.exit();
  setTimeout(() => process.exit(), LINGER).unref(); // if some connection is still open
}

/** The end of a command: how long it took, and its files, one a line so that no name is broken. */
export const filesText = (time: string, folder: string, files: readonly string[]): string =>
  [`Done in ${time}. In ${folder}:`, ...files.map((file) => `  ${file}`)].join('\n');
