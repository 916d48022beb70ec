import { ShapeError } from '../errors.js';
import type { FloatArray } from '../tensor/tensor.js';
import type { TargetedLoss } from './loss.js';

/** The authors' constant in the denominator, for four equal logits. */
const TINY = 1e-12;
const LEAST_CLASSES = 4;

/**
 * The difference of logits ratio towards one class t (Croce & Hein 2020, eq. 7): J = −(z_y − z_t) / (z_π₁ − ½(z_π₃ +
 * z_π₄)). π orders the logits from the largest.
 *
 * With m = z_t − z_y and D = z_π₁ − ½(z_π₃ + z_π₄):  dJ/dz = (e_t − e_y) / D − m (e_π₁ − ½ e_π₃ − ½ e_π₄) / D².
 *
 * @throws {ShapeError} for fewer than four classes
 */
export const targetedDlr: TargetedLoss = {
  title: 'difference of logits ratio towards one class',
  leastClasses: LEAST_CLASSES,
  evaluate(logits, labels, targets, n, classes, losses, dlogits) {
    if (classes < LEAST_CLASSES)
      throw new ShapeError(`targeted dlr: there are ${classes} classes; at least 4 are expected`);
    dlogits.fill(0, 0, n * classes);
    for (let i = 0; i < n; i++) {
      const row = i * classes;
      const [own, rival] = [row + labels[i], row + targets[i]];
      const [first, third, fourth] = ranked(logits, row, classes);
      const m = logits[rival] - logits[own];
      const D = logits[first] - (logits[third] + logits[fourth]) / 2 + TINY;
      losses[i] = m / D;
      dlogits[rival] += 1 / D;
      dlogits[own] -= 1 / D;
      dlogits[first] -= m / D / D;
      dlogits[third] += m / D / D / 2;
      dlogits[fourth] += m / D / D / 2;
    }
  },
};

/**
 * Returns the indices in `logits` of the row's largest, third and fourth largest; of equal ones, the first comes first.
 */
function ranked(logits: FloatArray, row: number, classes: number): [first: number, third: number, fourth: number] {
  let [first, second, third, fourth] = [-1, -1, -1, -1];
  const over = (at: number, other: number) => other < 0 || logits[at] > logits[other];
  for (let at = row; at < row + classes; at++) {
    if (over(at, first)) [first, second, third, fourth] = [at, first, second, third];
    else if (over(at, second)) [second, third, fourth] = [at, second, third];
    else if (over(at, third)) [third, fourth] = [at, third];
    else if (over(at, fourth)) fourth = at;
  }
  return [first, third, fourth];
}
