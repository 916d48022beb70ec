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
 * @throws {UserError} if a part can't be read, or is not in [0, 1]
 * @throws {RangeError} if it is no text
 */
export function parseEpsilons(text: string): number[] {
  check.text('parseEpsilons', 'text', text, 0);
  const parts = text.split(',').map((part) => {
    const pieces = part.trim().split(':');
    const [start, end, step] = pieces.map((piece) => numberOrFraction(piece) ?? refuse(piece, text));
    if (pieces.length === 1) return { start, step: 0, steps: 0 };
    if (pieces.length !== 3 || !(step > 0) || end < start) refuse(part, text);
    const steps = Math.floor((end - start) / step + 1e-9);
    if (steps > MOST_STEPS) {
      throw new UserError(`--epsilons "${text}": ${part.trim()} has more than ${MOST_STEPS} steps.`);
    }
    return { start, step, steps };
  });
  const count = parts.reduce((sum, { steps }) => sum + steps + 1, 0);
  if (count > MOST_VALUES) {
    throw new UserError(`--epsilons "${text}": ${count} values are too many; ${MOST_VALUES} are the most.`);
  }
  const values = parts.flatMap(({ start, step, steps }) =>
    // Rounded so that 0:1:0.1 gives 0.3 and not 0.30000000000000004.
    steps === 0 ? [start] : Array.from({ length: steps + 1 }, (_, i) => Number((start + i * step).toFixed(12))),
  );
  for (const value of values) {
    if (value > 1) {
      throw new UserError(
        `--epsilons "${text}": ${value} is outside [0, 1]; epsilon is in units of the pixels' full range.`,
      );
    }
  }
  return [...new Set(values)].sort((a, b) => a - b);
}

/** `0.05` or `8/255`; undefined for anything else. */
function numberOrFraction(piece: string): number | undefined {
  const parts = piece.split('/').map(decimalNumber);
  const [above, below] = parts.length === 1 ? [parts[0], 1] : parts;
  return above === undefined || !below || parts.length > 2 ? undefined : above / below;
}

function refuse(part: string, text: string): never {
  throw new UserError(`--epsilons "${text}": "${part.trim()}" can't be read; accepted are ${ACCEPTED}.`);
}
