import * as check from '../check.js';

/** The 97.5th percentile of the standard normal distribution: 2.5 % are left out on either side. */
const Z = 1.959963984540054;

/**
 * The 95 % interval of a share (Wilson 1927): all the shares under which `correct` of `total` would not be a surprise.
 * Unlike the share ± its standard error, it stays in [0, 1] and says something where none or all are correct.
 *
 *   (p + z²/2n ± z·√(p(1 − p)/n + z²/4n²)) / (1 + z²/n),  p = correct / total, n = total
 *
 * @throws {RangeError} unless correct and total are whole numbers, 0 ≤ correct ≤ total and total ≥ 1
 */
export function wilson(correct: number, total: number): [low: number, high: number] {
  check.wholeNumber('wilson', 'total', total);
  check.wholeNumber('wilson', 'correct', correct, { from: 0, to: total });
  const p = correct / total;
  const centre = p + Z ** 2 / (2 * total);
  const half = Z * Math.sqrt((p * (1 - p)) / total + (Z / (2 * total)) ** 2);
  const scale = 1 + Z ** 2 / total;
  // The ends of none and of all are 0 and 1, which rounding misses.
  return [correct === 0 ? 0 : (centre - half) / scale, correct === total ? 1 : (centre + half) / scale];
}
