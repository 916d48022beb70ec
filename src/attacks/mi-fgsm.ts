import type { Attack } from './attack.js';
import { ascend, type DirectionRule } from './linf.js';

const ITERATIONS = 10;
const MOMENTUM = 0.8;

/**
 * g ← μ·g + ∇J / ‖∇J‖₁, each image on its own; a zero gradient adds nothing.
 *
 * @param momentum the decay factor μ
 */
export const accumulated =
  (momentum: number): DirectionRule =>
  (gradient, direction, n, size) => {
    for (let i = 0; i < n; i++) {
      const end = (i + 1) * size;
      let norm = 0;
      for (let p = i * size; p < end; p++) norm += Math.abs(gradient[p]);
      const scale = norm === 0 ? 0 : 1 / norm;
      for (let p = i * size; p < end; p++) direction[p] = momentum * direction[p] + scale * gradient[p];
    }
  };

/** Momentum iterative FGSM (Dong et al. 2018, Algorithm 1; Akrout 2019, eq. 5): BIM along the accumulated gradient. */
export const miFgsm: Attack<'gradient'> = {
  title: 'momentum iterative fast gradient sign method',
  label: 'MI-FGSM',
  needs: 'gradient',
  unbounded: true,
  defaultIterations: ITERATIONS,
  most: ({ iterations = ITERATIONS }) => ({ gradients: iterations, forwards: 0 }),
  run: (target, { iterations = ITERATIONS, momentum = MOMENTUM, ...options }, memory, adversarial) =>
    ascend(target, { ...options, iterations }, accumulated(momentum), memory, adversarial),
};
