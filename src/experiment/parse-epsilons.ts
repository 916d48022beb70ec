import * as check from '../check.js';
import { UserError } from '../errors.js';
import { decimalNumber } from '../words.js';

const ACCEPTED =
  'numbers from 0 to 1 such as "0,0.05,1e-3", fractions such as "8/255", or a range start:end:step such as "0:1:0.1"';

/** The most steps that one range may have, and the most values of a whole list. */
const MOST_STEPS = 1000;
const MOST_VALUES = 10_000;

/**
 * Reads a list of radii: numbers and fractions, separated by commas, or ranges `start:end:step` with both ends
 * included. Returned in ascending order, each once.
 *
 * @param option what messages call the list
 * @throws {UserError} if a part can't be read, or is not in [0, 1]
 * @throws {RangeError} if it is no text
 */
export function parseEpsilons(text: string, option = '--epsilons'): number[] {
  check.text('parseEpsilons', 'text', text, 0);
  const refuse = (reason: string): never => {
    throw new UserError(`${option} "${text}": ${reason}. Try ${option} 8/255.`);
  };
  const unreadable = (part: string) => refuse(`"${part.trim()}" can't be read; accepted are ${ACCEPTED}`);
  const parts = text.split(',').map((part) => {
    const pieces = part.trim().split(':');
    const [start, end, step] = pieces.map((piece) => numberOrFraction(piece) ?? unreadable(piece));
    if (pieces.length === 1) return { start, step: 0, steps: 0 };
    if (pieces.length !== 3 || !(step > 0) || end < start) unreadable(part);
    const steps = Math.floor((end - start) / step + 1e-9);
    if (steps > MOST_STEPS) refuse(`${part.trim()} has more than ${MOST_STEPS} steps, which are the most`);
    return { start, step, steps };
  });
  const count = parts.reduce((sum, { steps }) => sum + steps + 1, 0);
  if (count > MOST_VALUES) refuse(`${count} values are too many; ${MOST_VALUES} are the most`);
  const values = parts.flatMap(({ start, step, steps }) =>
    // Rounded so that 0:1:0.1 gives 0.3 and not 0.30000000000000004.
    steps === 0 ? [start] : Array.from({ length: steps + 1 }, (_, i) => Number((start + i * step).toFixed(12))),
  );
  const outside = values.find((value) => value > 1);
  if (outside !== undefined) refuse(`${outside} is outside [0, 1], the range of pixels`);
  return [...new Set(values)].sort((a, b) => a - b);
}

/** `0.05` or `8/255`; undefined for anything else. */
function numberOrFraction(piece: string): number | undefined {
  const parts = piece.split('/').map(decimalNumber);
  const [above, below] = parts.length === 1 ? [parts[0], 1] : parts;
  return above === undefined || !below || parts.length > 2 ? undefined : above / below;
}
