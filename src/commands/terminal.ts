/** Of a stream that is no terminal, and of a terminal that doesn't know its own width (some say 0). */
const PLAIN_WIDTH = 100;
const UNKNOWN_WIDTH = 80;

/** How many columns there are for text. */
export function widthOf({ isTTY, columns }: NodeJS.WriteStream): number {
  if (!isTTY) return PLAIN_WIDTH;
  return columns > 0 ? columns : UNKNOWN_WIDTH;
}
