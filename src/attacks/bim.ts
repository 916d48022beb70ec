import type { Attack } from './attack.js';
import { alongGradient, ascend } from './linf.js';

const ITERATIONS = 10;

/** Basic iterative method (Kurakin et al. 2017; Akrout 2019, eq. 4): FGSM in steps of α = ε / iterations. */
export const bim: Attack<'gradient'> = {
  title: 'basic iterative method',
  label: 'BIM',
  needs: 'gradient',
  unbounded: true,
  defaultIterations: ITERATIONS,
  most: ({ iterations = ITERATIONS }) => ({ gradients: iterations, forwards: 0 }),
  run: (target, { iterations = ITERATIONS, ...options }, memory, adversarial) =>
    ascend(target, { ...options, iterations }, alongGradient, memory, adversarial),
};
