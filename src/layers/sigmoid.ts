import type { Activation } from './activation.js';

/** The sigmoid: y = 1 / (1 + e^−x); dx = y · (1 − y) · dy. */
export const sigmoid: Activation = {
  operator: 'Sigmoid',
  forward(_kernels, x, y, length) {
    for (let i = 0; i < length; i++) y[i] = 1 / (1 + Math.exp(-x[i]));
  },
  backward(_kernels, y, dy, dx, length) {
    for (let i = 0; i < length; i++) dx[i] = y[i] * (1 - y[i]) * dy[i];
  },
};
