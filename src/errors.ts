/**
 * A mistake of the person at the keyboard (or of a file they named), not of this program.
 * The command line prints its message alone, without a stack trace, and exits with code 2;
 * the message says what was wrong, the value, what is accepted, and what to do.
 */
export class UserError extends Error {
  override readonly name = 'UserError';

  constructor(message: string, options?: ErrorOptions) {
    super(readable(message), options);
  }
}

/** Characters of a message that are kept where it begins, and where it ends. */
const KEPT = [2000, 500] as const;

/**
 * A message that may quote a file, as a terminal can show it: control characters as their pictures (␛), and the middle
 * left out of what nobody would read to the end.
 */
function readable(message: string): string {
  const [start, end] = KEPT;
  const left = message.length - start - end;
  const kept = left > 0 ? `${message.slice(0, start)} … (${left} characters) … ${message.slice(-end)}` : message;
  return kept.replaceAll(/[^\P{Cc}\n\t]/gu, picture);
}

function picture(control: string): string {
  const code = control.charCodeAt(0);
  return code < 0x20 ? String.fromCharCode(0x2400 + code) : '\ufffd';
}

/** Two shapes that do not fit one operation. The message gives the operation, the argument and both values. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError';
}

/** Work that ended because its signal was aborted, not because it failed. The message says what it has left behind. */
export class Interruption extends Error {
  override readonly name = 'AbortError';
}
