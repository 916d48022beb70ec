import type { AttackMemory, AttackOptions, AttackTarget } from './attack.js';

/**
 * How a step's direction is formed from the gradient, for n images of `size` numbers each: the step goes along
 * sign(direction). It may keep what it needs in `direction` from one step to the next.
 */
export type DirectionRule = (gradient: Float32Array, direction: Float32Array, n: number, size: number) => void;

/** The gradient itself: FGSM's and BIM's direction. */
export const alongGradient: DirectionRule = (gradient, direction, n, size) => {
  direction.set(gradient.subarray(0, n * size));
};

/**
 * The one ascent loop of every sign-gradient attack in the L∞ ball:
 *
 *   x ← clip(project(x + α·sign(direction(∇J(x)))))
 *
 * from the clean image, without a random start. An image whose direction is exactly zero does not move, so its
 * gradient is the same at the next step and it never will: it leaves the working set, which changes no result.
 */
export function ascend(
  target: AttackTarget,
  options: AttackOptions & { readonly iterations: number },
  formDirection: DirectionRule,
  memory: AttackMemory,
  adversarial: Float32Array,
): void {
  const { epsilon, iterations, stepSize = epsilon / iterations, project = true, clip = true } = options;
  const { kernels, size, x, clean, direction, labels, index } = memory;
  const radius = project ? epsilon : Number.POSITIVE_INFINITY;
  const [low, high] = clip ? [0, 1] : [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  const all = target.n * size;

  if (epsilon === 0) {
    adversarial.set(target.images.subarray(0, all));
    return;
  }
  x.set(target.images.subarray(0, all));
  clean.set(target.images.subarray(0, all));
  labels.set(target.labels.subarray(0, target.n));
  for (let i = 0; i < target.n; i++) index[i] = i;
  direction.fill(0, 0, all);

  let active = target.n;
  for (let step = 0; step < iterations && active > 0; step++) {
    const known = step === 0 ? target.cleanGradient : undefined;
    formDirection(known ?? target.gradient(x, labels, active), direction, active, size);
    active = dropMotionless(memory, active, adversarial);
    kernels.signStep(x, direction, clean, active * size, stepSize, radius, low, high);
  }
  for (let i = 0; i < active; i++) {
    adversarial.set(x.subarray(i * size, (i + 1) * size), index[i] * size);
  }
}

/** Whether every number in `[from, to)` is zero. */
export function isZero(values: Float32Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (values[i] !== 0) return false;
  return true;
}

/**
 * Takes the images whose direction is zero out of the working set: writes each to `adversarial` as it stands, and
 * moves the last one into its place. Returns how many remain.
 */
function dropMotionless(memory: AttackMemory, active: number, adversarial: Float32Array): number {
  const { size, x, clean, direction, labels, index } = memory;
  let remaining = active;
  for (let i = active - 1; i >= 0; i--) {
    if (!isZero(direction, i * size, (i + 1) * size)) continue;
    adversarial.set(x.subarray(i * size, (i + 1) * size), index[i] * size);
    remaining--;
    for (const array of [x, clean, direction]) {
      array.copyWithin(i * size, remaining * size, (remaining + 1) * size);
    }
    labels[i] = labels[remaining];
    index[i] = index[remaining];
  }
  return remaining;
}
