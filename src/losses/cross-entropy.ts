import type { Loss } from './loss.js';

/**
 * The softmax cross-entropy of logits: J = log Σ_j exp(z_j) − z_y, and dJ/dz = softmax(z) − onehot(y).
 *
 * Logits are shifted by their maximum: no exponential overflows for any finite logits. At the true class the gradient
 * is computed as −Σ_{j≠y} p_j. The form p_y − 1 would lose its digits as p_y approaches 1. In float32 the gradient is
 * still exactly zero once every other logit is more than about 103 below z_y, as exp(−103) is below the smallest
 * float32.
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

/** Returns log(own + others), also precisely when own is 1 and others is tiny. */
const log1pSmall = (own: number, others: number): number => (own === 1 ? Math.log1p(others) : Math.log(own + others));
