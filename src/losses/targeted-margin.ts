import type { TargetedLoss } from './loss.js';

/**
 * The logit margin towards one class t: J = z_t − z_y, positive if the network prefers the target t to the true class
 * y. dJ/dz is +1 at t and −1 at y.
 */
export const targetedMargin: TargetedLoss = {
  title: 'logit margin towards one class',
  leastClasses: 2,
  evaluate(logits, labels, targets, n, classes, losses, dlogits) {
    dlogits.fill(0, 0, n * classes);
    for (let i = 0; i < n; i++) {
      const [own, rival] = [i * classes + labels[i], i * classes + targets[i]];
      losses[i] = logits[rival] - logits[own];
      dlogits[rival] += 1;
      dlogits[own] -= 1;
    }
  },
};
