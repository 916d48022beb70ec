import type { Activation } from './activation.js';

/** The ReLU: y = max(x, 0); dx = dy where y > 0, otherwise 0 (the derivative at 0 is taken as 0). */
export const relu: Activation = {
  operator: 'Relu',
  forward: (kernels, x, y, length) => kernels.relu(x, y, length),
  backward: (kernels, y, dy, dx, length) => kernels.reluBackward(y, dy, dx, length),
};
