import type { Activation } from './activation.js';

/** The hyperbolic tangent: y = tanh x; dx = (1 − y²) · dy. */
export const tanh: Activation = {
  operator: 'Tanh',
  forward(_kernels, x, y, length) {
    for (let i = 0; i < length; i++) y[i] = Math.tanh(x[i]);
  },
  backward(_kernels, y, dy, dx, length) {
    for (let i = 0; i < length; i++) dx[i] = (1 - y[i] * y[i]) * dy[i];
  },
};
