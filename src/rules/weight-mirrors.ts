import type { Mirror } from './learning.js';
import type { LearningRule } from './rule.js';

/**
 * r, the share of B that one look into the mirror replaces, at the beginning of training and at its end. It falls with
 * the square of what is left of the training. While W moves fast r must be large: below about 0.2 a B that lags behind
 * lets training by SGD explode. At the end a small r averages the noise out.
 */
const FIRST_RATE = 0.5;
const LAST_RATE = 0.005;
/** 1 / E[ξ²] of noise that is uniform in [−1, 1). */
const PER_VARIANCE = 3;

/**
 * A layer is shown noise ξ, of mean 0 and variance σ², and answers Wξ: E[(Wξ)ξᵀ] = σ²·W. So the correlation of answer
 * and noise, over the variance, is an unbiased estimate of W, made of what both ends of a synapse see:
 *
 *   B ← (1 − r)·B + r/(n·σ²) · Σ_n (Wξ)ξᵀ
 *
 * Before training, while W stands still, r = 1/look: B is then the mean of all looks.
 */
export const mirror: Mirror = {
  samples: 256,
  before: 100,
  reflect({ kernels, step, steps }, { weight, feedback, outputs, inputs }, noise, response) {
    const { samples, before } = mirror;
    const left = 1 - step / steps;
    const rate = step < 0 ? 1 / (before + step + 1) : LAST_RATE + (FIRST_RATE - LAST_RATE) * left ** 2;
    kernels.matmulTB(noise, weight, response, samples, outputs, inputs);
    kernels.rescale(response, samples * outputs, (rate * PER_VARIANCE) / samples);
    kernels.rescale(feedback, outputs * inputs, 1 - rate);
    kernels.matmulTA(response, noise, feedback, outputs, inputs, samples, true);
  },
};

/**
 * Weight mirrors (Akrout et al. 2019): δ_l = φ′ ⊙ Bδ, where B learns W from noise, each layer for itself, between
 * mini-batches ({@link mirror}). The noise goes through the weights alone, without bias or activation, so that the
 * estimate is unbiased; a convolution mirrors patches of noise as a linear layer does, exact at any padding. (The
 * authors' code sends noise in [0, 1) − ½ through a sigmoid and the bias, and the line that should keep B from growing
 * has no effect; here B's norm follows W's because old estimates fade.)
 */
export const weightMirrors: LearningRule = {
  title: 'weight mirrors',
  label: 'WM',
  usesFeedback: true,
  trainsLike: 'bp',
  errorBelow: ({ feedback, send }) => send(feedback),
  learning: { mirror },
};
