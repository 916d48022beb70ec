import type { FloatArray } from '../tensor/tensor.js';
import type { Loss } from './loss.js';
import { targetedMargin } from './targeted-margin.js';

/**
 * The logit margin (Carlini & Wagner 2017, f₆ without its floor): J = max_{j≠y} z_j − z_y, positive once the image is
 * misclassified. dJ/dz is +1 at the strongest other class (the first, on a tie) and −1 at the true one, so that it
 * never dies, however large the logits are: a saturated softmax hides nothing from it.
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

/** Where in `logits` the largest of the row's logits lies that is not the label's; the first, on a tie. */
export function strongestOther(logits: FloatArray, row: number, classes: number, label: number): number {
  let best = row + (label === 0 ? 1 : 0);
  for (let at = best + 1; at < row + classes; at++) {
    if (at !== row + label && logits[at] > logits[best]) best = at;
  }
  return best;
}
