import * as check from '../check.js';
import { UserError } from '../errors.js';

const ACCEPTED =
  'numbers from 0 to 1 such as "0,0.05,0.1", fractions such as "8/255", or a range start:end:step such as "0:1:0.1"';

/**
 * Reads a list of radii: numbers and fractions, separated by commas, or ranges `start:end:step` with both ends
 * included. Returned in ascending order, each once.
 *
 * @throws {UserError} if a part can't be read, or is not in [0, 1]
 * @throws {RangeError} if there is no text
 */
export function parseEpsilons(text: string): number[] {
  check.text('parseEpsilons', 'text', text);
  const values = text.split(',').flatMap((part) => {
    const pieces = part.split(':').map((piece) => parseNumber(piece, text));
    if (pieces.length === 1) return pieces;
    if (pieces.length !== 3) throw unreadable(part, text);
    const [start, end, step] = pieces;
    if (!(step > 0) || end < start) throw unreadable(part, text);
    const steps = Math.floor((end - start) / step + 1e-9);
    if (steps > 1000) throw new UserError(`--epsilons "${text}": ${part} has ${steps + 1} values; 1000 are the most.`);
    // Rounded so that 0:1:0.1 gives 0.3 and not 0.30000000000000004.
    return Array.from({ length: steps + 1 }, (_, i) => Number((start + i * step).toFixed(12)));
  });
  for (const value of values) {
    if (value < 0 || value > 1) {
      throw new UserError(
        `--epsilons "${text}": ${value} is outside [0, 1]; epsilon is in units of the pixels' full range.`,
      );
    }
  }
  return [...new Set(values)].sort((a, b) => a - b);
}

function parseNumber(piece: string, text: string): number {
  const parts = piece.trim().split('/');
  const numbers = parts.map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  const value = numbers.length === 2 ? numbers[0] / numbers[1] : numbers.length === 1 ? numbers[0] : Number.NaN;
  if (!Number.isFinite(value)) throw unreadable(piece, text);
  return value;
}

const unreadable = (part: string, text: string) =>
  new UserError(`--epsilons "${text}": "${part.trim()}" can't be read; accepted are ${ACCEPTED}.`);
