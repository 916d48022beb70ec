import type { Mirror } from './learning.js';
import type { LearningRule } from './rule.js';

/**
 * r, the share of B that one mirror step replaces, at the beginning and at the end of training. It falls with the square
 * of the remaining share of the training. A large r is needed while W changes fast: below about 0.2, B lags behind W, and
 * training by SGD diverges. At the end, a small r averages the noise out.
 */
const FIRST_RATE = 0.5;
const LAST_RATE = 0.005;
/** 1 / E[ξ²] of noise that is uniform in [−1, 1). */
const PER_VARIANCE = 3;

/**
 * A layer gets noise ξ of mean 0 and variance σ² and answers Wξ: E[(Wξ)ξᵀ] = σ²·W. The correlation of answer and noise,
 * divided by the variance, is therefore an unbiased estimate of W. Both ends of a synapse know the numbers it is made of:
 *
 *   B ← (1 − r)·B + r/(n·σ²) · Σ_n (Wξ)ξᵀ
 *
 * Before training, W is fixed and r = 1/k in the k-th mirror step: B is then the mean of all estimates.
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
 * Weight mirrors (Akrout et al. 2019): δ_l = φ′ ⊙ Bδ, where each layer's B learns W from noise between mini-batches
 * ({@link mirror}). The noise passes only through the weights, without bias or activation: the estimate is unbiased. A
 * convolution mirrors patches of noise as a linear layer does, which is exact for every padding.
 *
 * The authors' code sends noise in [0, 1) − ½ through a sigmoid and the bias. Its line that should limit B's norm has no
 * effect. Here B's norm follows W's because old estimates lose their weight.
 */
export const weightMirrors: LearningRule = {
  title: 'weight mirrors',
  label: 'WM',
  usesFeedback: true,
  trainsLike: 'bp',
  errorBelow: ({ feedback, send }) => send(feedback),
  learning: { mirror },
};
