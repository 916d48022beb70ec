/**
 * An error that the user can correct, in the command line or in a file; not an error of this program. The command line
 * prints its message alone, without a stack trace, and exits with code 2. The message says what was given, what is
 * accepted and what to do.
 */
export class UserError extends Error {
  override readonly name = 'UserError';

  constructor(message: string, options?: ErrorOptions) {
    super(readable(message), options);
  }
}

/** The numbers of characters that a long message keeps at its beginning and at its end. */
const KEPT = [2000, 500] as const;

/**
 * Makes a message safe for a terminal: it may quote a file. Control characters become their symbols (␛), and the middle
 * of a very long message is left out.
 */
function readable(message: string): string {
  const [start, end] = KEPT;
  const left = message.length - start - end;
  const kept = left > 0 ? `${message.slice(0, start)} … (${left} characters) … ${message.slice(-end)}` : message;
  return kept.replaceAll(/[^\P{Cc}\n\t]/gu, controlPicture);
}

/** Returns the picture of a control character, such as ␛, or U+FFFD if it has none. */
export function controlPicture(control: string): string {
  const code = control.charCodeAt(0);
  return code < 0x20 ? String.fromCharCode(0x2400 + code) : '\ufffd';
}

/** Shapes or lengths that don't fit one operation. The message names the operation, the argument and both values. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError';
}

/** Work that ended because its signal was aborted, without a failure. The message says which files remain. */
export class Interruption extends Error {
  override readonly name = 'AbortError';
}
