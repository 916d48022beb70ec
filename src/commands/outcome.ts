/** How the process ends: what is said last, and the exit code. */
import { CommanderError } from 'commander';
import { diskFault, isDiskError } from '../disk/faults.js';
import { Interruption, UserError } from '../errors.js';

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
 * Says what a command failed with and sets the exit code: 2 for what a person can mend, 130 for an interruption, which
 * ends the process at once.
 *
 * @throws the error itself if it is none of these, but a mistake of this program
 */
export function fail(error: unknown): void {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : USAGE; // commander has said it already
    return;
  }
  if (isDiskError(error)) {
    fail(
      error.path === undefined ? diskFault(error, 'write to', 'standard output') : diskFault(error, 'use', error.path),
    );
    return;
  }
  if (!(error instanceof UserError || error instanceof Interruption)) throw error;
  process.stderr.write(`${error.message}\n`);
  if (error instanceof Interruption) process.exit(INTERRUPTED);
  process.exitCode = USAGE;
  setTimeout(() => process.exit(), LINGER).unref(); // if some connection is still open
}

/** The end of a command: how long it took, and its files, one a line so that no name is broken. */
export const filesText = (time: string, folder: string, files: readonly string[]): string =>
  [`Done in ${time}. In ${folder}:`, ...files.map((file) => `  ${file}`)].join('\n');
