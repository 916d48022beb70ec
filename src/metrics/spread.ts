import * as check from '../check.js';

/** The mean, standard deviation and range of several measurements of one quantity. */
export interface Spread {
  readonly count: number;
  readonly mean: number;
  /** The sample's standard deviation, √(Σ(x − mean)² / (n − 1)); null for a single value. */
  readonly deviation: number | null;
  readonly lowest: number;
  readonly highest: number;
}

/**
 * Computes the mean, standard deviation and range.
 *
 * @param values at least one finite number
 * @throws {RangeError} if `values` is empty
 */
export function spread(values: readonly number[]): Spread {
  check.numbers('spread', 'values', values);
  if (values.length === 0) throw new RangeError('spread: values is empty; give at least one number');
  const count = values.length;
  const lowest = Math.min(...values);
  const highest = Math.max(...values);
  // If all values are equal, rounding would give a non-zero deviation.
  const mean = lowest === highest ? lowest : values.reduce((sum, value) => sum + value, 0) / count;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { count, mean, deviation: count > 1 ? Math.sqrt(squares / (count - 1)) : null, lowest, highest };
}
