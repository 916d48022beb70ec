import type { Attack } from './attack.js';
import { alongGradient, ascend } from './linf.js';

/** Fast gradient sign method (Goodfellow et al. 2015; Akrout 2019, eq. 3): x′ = x + ε·sign(∇J(x)). */
export const fgsm: Attack<'gradient'> = {
  title: 'fast gradient sign method',
  label: 'FGSM',
  needs: 'gradient',
  unbounded: true,
  most: () => ({ gradients: 1, forwards: 0 }),
  run: (target, options, memory, adversarial) =>
    ascend(target, { ...options, iterations: 1, stepSize: options.epsilon }, alongGradient, memory, adversarial),
};
