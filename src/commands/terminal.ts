import { isatty } from 'node:tty';

/** Of a stream that is no terminal, and of a terminal that doesn't know its own width (some say 0). */
const PLAIN_WIDTH = 100;
const UNKNOWN_WIDTH = 80;

/** How many columns there are for text. */
export function widthOf({ isTTY, columns }: NodeJS.WriteStream): number {
  if (!isTTY) return PLAIN_WIDTH;
  return columns > 0 ? columns : UNKNOWN_WIDTH;
}

/** Whether input, output or errors go to a terminal. A terminal that was closed is none any more. */
export const onTerminal = (): boolean => [0, 1, 2].some((descriptor) => isatty(descriptor));

/**
 * Lets the process go on when the session ends that it was started from, if no terminal is in use: with `nohup`, in a
 * batch job. `nohup` makes a program ignore SIGHUP, but Node undoes that as it starts. On a terminal, SIGHUP is left to
 * the system, and to `interruptible`.
 */
export function outliveHangUp(): void {
  if (!onTerminal()) process.on('SIGHUP', () => {});
}
