import type { Loss } from './loss.js';

/**
 * Softmax cross-entropy from logits: J = log Σ_j exp(z_j) − z_y, and dJ/dz = softmax(z) − onehot(y).
 *
 * Logits are shifted by their maximum, so no exponential overflows whatever finite size they have. At the true class
 * the gradient is −Σ_{j≠y} p_j rather than p_y − 1, which would lose its digits (and at last all of them) as p_y
 * nears 1. Even so, in float32 the gradient is exactly zero once every other logit lies more than about 103 below
 * z_y: exp of that is under the smallest float32.
 */
export const crossEntropy: Loss = {
  title: 'softmax cross-entropy',
  evaluate(logits, labels, n, classes, losses, dlogits) {
    for (let i = 0; i < n; i++) {
      const row = i * classes;
      const label = labels[i];
      let max = Number.NEGATIVE_INFINITY;
      for (let j = 0; j < classes; j++) max = Math.max(max, logits[row + j]);
      let others = 0;
      for (let j = 0; j < classes; j++) if (j !== label) others += Math.exp(logits[row + j] - max);
      const own = Math.exp(logits[row + label] - max);
      const sum = own + others;
      for (let j = 0; j < classes; j++) dlogits[row + j] = Math.exp(logits[row + j] - max) / sum;
      dlogits[row + label] = -others / sum;
      losses[i] = max - logits[row + label] + log1pSmall(own, others);
    }
  },
};

/** log(own + others), precise also where the one is 1 and the other tiny. */
const log1pSmall = (own: number, others: number): number => (own === 1 ? Math.log1p(others) : Math.log(own + others));
