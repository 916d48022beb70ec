import type { FloatArray } from '../tensor/tensor.js';
import type { Loss } from './loss.js';
import { targetedMargin } from './targeted-margin.js';

/**
 * The logit margin (Carlini & Wagner 2017, f₆ without its lower bound): J = max_{j≠y} z_j − z_y, positive for a
 * misclassified image. dJ/dz is +1 at the strongest other class (the first, on a tie) and −1 at the true class. It
 * never vanishes, however large the logits are: a saturated softmax does not mask it.
 */
export const margin: Loss = {
  title: 'logit margin',
  targeted: targetedMargin,
  evaluate(logits, labels, n, classes, losses, dlogits) {
    for (let i = 0; i < n; i++) {
      const row = i * classes;
      const own = row + labels[i];
      const rival = strongestOther(logits, row, classes, labels[i]);
      losses[i] = logits[rival] - logits[own];
      dlogits.fill(0, row, row + classes);
      dlogits[rival] = 1;
      dlogits[own] = -1;
    }
  },
};

/** Returns the index in `logits` of the row's largest logit apart from the label's; the first, on a tie. */
export function strongestOther(logits: FloatArray, row: number, classes: number, label: number): number {
  let best = row + (label === 0 ? 1 : 0);
  for (let at = best + 1; at < row + classes; at++) {
    if (at !== row + label && logits[at] > logits[best]) best = at;
  }
  return best;
}
