/**
 * A mistake of the person at the keyboard (or of a file they named), not of this program.
 * The command line prints its message alone, without a stack trace, and exits with code 2;
 * the message says what was wrong, the value, what is accepted, and what to do.
 */
export class UserError extends Error {
  override readonly name = 'UserError';
}

/** Two shapes that do not fit one operation. The message gives the operation, the argument and both values. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError';
}

/** Work that ended because its signal was aborted, not because it failed. The message says what it has left behind. */
export class Interruption extends Error {
  override readonly name = 'AbortError';
}
