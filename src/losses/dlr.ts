import { ShapeError } from '../errors.js';
import type { FloatArray } from '../tensor/tensor.js';
import type { Loss } from './loss.js';
import { strongestOther } from './margin.js';
import { targetedDlr } from './targeted-dlr.js';

/** The authors' constant in the denominator, for three equal logits. */
const TINY = 1e-12;

/**
 * The difference of logits ratio (Croce & Hein 2020, eq. 6): J = −(z_y − max_{j≠y} z_j) / (z_π₁ − z_π₃). π orders the
 * logits from the largest. J is the logit margin divided by z_π₁ − z_π₃: it doesn't depend on the logits' scale and
 * offset, and is at most 1.
 *
 * With m = max_{j≠y} z_j − z_y and D = z_π₁ − z_π₃:  dJ/dz = (e_rival − e_y) / D − m (e_π₁ − e_π₃) / D².
 *
 * @throws {ShapeError} for fewer than three classes
 */
export const dlr: Loss = {
  title: 'difference of logits ratio',
  leastClasses: 3,
  targeted: targetedDlr,
  evaluate(logits, labels, n, classes, losses, dlogits) {
    if (classes < 3) throw new ShapeError(`dlr: there are ${classes} classes; at least 3 are expected`);
    for (let i = 0; i < n; i++) {
      const row = i * classes;
      const own = row + labels[i];
      const rival = strongestOther(logits, row, classes, labels[i]);
      const [first, third] = firstAndThird(logits, row, classes);
      const m = logits[rival] - logits[own];
      const D = logits[first] - logits[third] + TINY;
      losses[i] = m / D;
      dlogits.fill(0, row, row + classes);
      dlogits[rival] += 1 / D;
      dlogits[own] -= 1 / D;
      dlogits[first] -= m / D / D;
      dlogits[third] += m / D / D;
    }
  },
};

/** Returns the indices in `logits` of the row's largest and third largest; of equal ones, the first comes first. */
function firstAndThird(logits: FloatArray, row: number, classes: number): [first: number, third: number] {
  let [first, second, third] = [-1, -1, -1];
  for (let at = row; at < row + classes; at++) {
    if (first < 0 || logits[at] > logits[first]) [first, second, third] = [at, first, second];
    else if (second < 0 || logits[at] > logits[second]) [second, third] = [at, second];
    else if (third < 0 || logits[at] > logits[third]) third = at;
  }
  return [first, third];
}
