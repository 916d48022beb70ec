import type { Optimizer } from './optimizer.js';

/** Stochastic gradient descent with momentum: v ← momentum·v + g + decay·w;  w ← w − rate·v. */
export const sgd: Optimizer = {
  title: 'stochastic gradient descent with momentum',
  init: (kernels, length) => ({ velocity: kernels.alloc(length) }),
  update(kernels, { weights, gradient, state }, { momentum, weightDecay }, rate, scale) {
    kernels.sgd(weights, gradient, state.velocity, weights.length, rate, momentum, weightDecay, scale);
  },
};
