import type { Optimizer } from './optimizer.js';

const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;

/**
 * Adam (Kingma & Ba 2015) with its published constants. The bias corrections m̂ = m/(1−β₁ᵗ), v̂ = v/(1−β₂ᵗ) are moved
 * into the step: rate·m̂/(√v̂ + ε) = rate·√(1−β₂ᵗ)/(1−β₁ᵗ) · m/(√v + ε·√(1−β₂ᵗ)).
 */
export const adam: Optimizer = {
  title: 'Adam',
  init: (kernels, length) => ({ mean: kernels.alloc(length), variance: kernels.alloc(length) }),
  update(kernels, { weights, gradient, state }, { weightDecay }, rate, scale, step) {
    const correction = Math.sqrt(1 - BETA2 ** step);
    kernels.adam(weights, gradient, state.mean, state.variance, weights.length, {
      rate: (rate * correction) / (1 - BETA1 ** step),
      beta1: BETA1,
      beta2: BETA2,
      epsilon: EPSILON * correction,
      decay: weightDecay,
      scale,
    });
  },
};
