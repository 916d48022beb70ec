import * as check from '../check.js';

/** How some measurements of the same thing lie. */
export interface Spread {
  readonly count: number;
  readonly mean: number;
  /** Standard deviation of the sample, √(Σ(x − mean)² / (n − 1)); null of a single value. */
  readonly deviation: number | null;
  readonly lowest: number;
  readonly highest: number;
}

/**
 * Mean, standard deviation and ends.
 *
 * @param values finite numbers, one at least
 * @throws {RangeError} if there are none
 */
export function spread(values: readonly number[]): Spread {
  check.numbers('spread', 'values', values);
  if (values.length === 0) throw new RangeError('spread: values holds no number; one at least is expected');
  const count = values.length;
  const lowest = Math.min(...values);
  const highest = Math.max(...values);
  // Of values that are all the same, rounding would make a deviation.
  const mean = lowest === highest ? lowest : values.reduce((sum, value) => sum + value, 0) / count;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { count, mean, deviation: count > 1 ? Math.sqrt(squares / (count - 1)) : null, lowest, highest };
}
