import * as check from '../check.js';

/** The 97.5th percentile of the standard normal distribution: 2.5 % lie outside on either side. */
const Z = 1.959963984540054;

/**
 * Computes the 95 % interval of a share (Wilson 1927): all true shares for which `correct` of `total` is not
 * surprising. Unlike the share ± its standard error, it stays in [0, 1], and has a width also if no or all images are
 * correct.
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
  // For correct = 0 the low end is 0, for correct = total the high end is 1; rounding would miss these.
  return [correct === 0 ? 0 : (centre - half) / scale, correct === total ? 1 : (centre + half) / scale];
}
