import { Interruption } from '../errors.js';
import { onTerminal } from './terminal.js';

/** Ctrl-C, a polite kill, and a terminal that was closed. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** How long an interrupted job may take to end by itself, in milliseconds. */
const GRACE = 1000;

/**
 * Lets Ctrl-C (or a polite kill, or the closing of the terminal) end a job at once; a second one ends the process
 * whatever it is doing. Without a terminal SIGHUP ends nothing: see `outliveHangUp`.
 *
 * A job that has not ended a second after the first is left to itself: the caller ends the process, and files are
 * written so that this harms none.
 *
 * @param remains says what the interrupted job has left, and how to go on; not asked where the job itself says so
 * @throws {Interruption} with that text if the job was interrupted; otherwise what the job throws
 */
export async function interruptible<Result>(
  job: (signal: AbortSignal) => Promise<Result>,
  remains: () => string,
): Promise<Result> {
  const controller = new AbortController();
  const { signal } = controller;
  const interrupt = () => {
    ignore(); // with no listener the next signal is the system's to act on, though this thread be busy
    controller.abort();
  };
  const signals = SIGNALS.filter((name) => name !== 'SIGHUP' || onTerminal());
  const ignore = () => {
    for (const name of signals) process.off(name, interrupt);
  };
  const tooLate = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => setTimeout(() => reject(signal.reason), GRACE), { once: true });
  });
  for (const name of signals) process.on(name, interrupt);
  try {
    return await Promise.race([job(signal), tooLate]);
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new Interruption(`Interrupted. ${error instanceof Interruption ? error.message : remains()}`);
  } finally {
    ignore();
  }
}
