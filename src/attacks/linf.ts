import type { AttackMemory, AttackOptions, AttackTarget } from './attack.js';
import { WorkingSet } from './working-set.js';

/**
 * How a step's direction is formed from the gradient, for n images of `size` numbers each: the step goes along
 * sign(direction). It may keep what it needs in `direction` from one step to the next.
 */
export type DirectionRule = (gradient: Float32Array, direction: Float32Array, n: number, size: number) => void;

/** The gradient itself: FGSM's and BIM's direction. */
export const alongGradient: DirectionRule = (gradient, direction, n, size) => {
  direction.set(gradient.subarray(0, n * size));
};

/** Where an ascent begins, and on which images of the batch. By default: at the clean image, on all. */
export interface Start {
  readonly wanted?: (i: number) => boolean;
  /** Moves x, the clean image i of the batch, to where its ascent begins. */
  readonly move?: (x: Float32Array, i: number) => void;
}

/**
 * The one ascent loop of every sign-gradient attack in the L∞ ball:
 *
 *   x ← clip(project(x + α·sign(direction(∇J(x)))))
 *
 * An image whose direction and gradient are both exactly zero does not move, so its gradient is the same at the next
 * step and it never will: it leaves the working set, which changes no result. (Where the direction alone is zero, a new
 * gradient has cancelled what was accumulated, and may do more at the next step.) Images that are not `wanted` are left
 * alone in `adversarial`.
 */
export function ascend(
  target: AttackTarget,
  options: AttackOptions & { readonly iterations: number },
  formDirection: DirectionRule,
  memory: AttackMemory,
  adversarial: Float32Array,
  { wanted = () => true, move }: Start = {},
): void {
  const { epsilon, iterations, stepSize = epsilon / iterations, project = true, clip = true } = options;
  const { kernels, size, x, clean, direction, labels, index, queries } = memory;
  const radius = project ? epsilon : Number.POSITIVE_INFINITY;
  const [low, high] = clip ? [0, 1] : [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  const set = new WorkingSet(memory, [{ data: direction, size }]);
  set.fill(target, wanted);
  for (let i = 0; i < set.n; i++) {
    queries[index[i]] = 0;
    move?.(x.subarray(i * size, (i + 1) * size), index[i]);
  }
  direction.fill(0, 0, set.n * size);

  for (let step = 0; step < iterations && epsilon > 0 && set.n > 0; step++) {
    const known = step === 0 && set.n === target.n && !move ? target.cleanGradient : undefined;
    const gradient = known ?? target.gradient(x, labels, set.n);
    formDirection(gradient, direction, set.n, size);
    for (let i = set.n - 1; i >= 0; i--) {
      queries[index[i]]++;
      const [from, to] = [i * size, (i + 1) * size];
      if (!isZero(direction, from, to) || !isZero(gradient, from, to)) continue;
      set.save(x, i, adversarial);
      set.remove(i);
    }
    kernels.signStep(x, direction, clean, set.n * size, stepSize, radius, low, high);
  }
  for (let i = 0; i < set.n; i++) set.save(x, i, adversarial);
}

/** Whether every number in `[from, to)` is zero. */
export function isZero(values: Float32Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (values[i] !== 0) return false;
  return true;
}
