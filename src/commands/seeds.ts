import { boundsText, isWithin } from '../check.js';
import { UserError } from '../errors.js';
import { ranges } from '../experiment/ranges.js';
import { wholeNumber } from '../words.js';

/** The most runs of one sweep. */
export const MOST_RUNS = 10_000;

/**
 * Reads seeds as `1..5`, `1,2,7` or both.
 *
 * @returns each seed once, ascending
 * @throws {UserError} if the text can't be read, or is of too many seeds
 */
export function parseSeeds(text: string): number[] {
  const refuse = (reason: string): never => {
    throw new UserError(`--seeds "${text}": ${reason}. Try --seeds 1..5.`);
  };
  const accepted = `must be ${boundsText(ranges.seed, 'whole numbers')}, as 1,2,3 or 1..5`;
  let count = 0;
  const seeds = text.split(',').flatMap((part) => {
    const ends = part.split('..').map((piece) => wholeNumber(piece.trim()) ?? Number.NaN);
    const [first, last = first] = ends;
    if (ends.length > 2 || last < first || !ends.every((end) => isWithin(end, ranges.seed))) refuse(accepted);
    count += last - first + 1;
    if (count > MOST_RUNS) refuse(`${MOST_RUNS} runs are the most of one sweep`);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
  return [...new Set(seeds)].sort((a, b) => a - b);
}
