import { type Attack, type AttackOptions, attackMemory, type GradientFunction } from '../../src/attacks/attack.js';
import type { Kernels } from '../../src/tensor/kernels.js';
import { referenceKernels } from '../../src/tensor/reference.js';
import { pixels } from './arrays.js';

/** The gradient at one image: a function of its pixels and its label alone, as a network's is. */
export type ImageGradient = (x: Float32Array, label: number) => ArrayLike<number>;

/** Images to be attacked, their labels, and the gradient that an attack is given. */
export interface Victims {
  readonly images: Float32Array;
  readonly labels: Uint8Array;
  readonly size: number;
  readonly gradient: ImageGradient;
}

/** Random images, labelled 0, 1, 2, …: a gradient can tell them apart by that. */
export const victims = (n: number, size: number, seed: number, gradient: ImageGradient): Victims => ({
  images: pixels(n * size, seed),
  labels: Uint8Array.from({ length: n }, (_, i) => i),
  size,
  gradient,
});

/** A batch's gradient from each image's; like a network's, into memory that the next call overwrites. */
export function batchGradient({ images, size, gradient }: Victims): GradientFunction {
  const out = new Float32Array(images.length);
  return (x, labels, n) => {
    out.fill(Number.NaN);
    for (let i = 0; i < n; i++) out.set(gradient(x.slice(i * size, (i + 1) * size), labels[i]), i * size);
    return out;
  };
}

/** What an attack makes of the victims. */
export function attacked(
  attack: Attack,
  target: Victims,
  options: AttackOptions,
  kernels: Kernels<Float32Array> = referenceKernels(),
): Float32Array {
  const { images, labels, size } = target;
  const n = labels.length;
  const array = (values: Float32Array) => {
    const copy = kernels.alloc(values.length);
    copy.set(values);
    return copy;
  };
  const adversarial = array(images.map(() => Number.NaN));
  const given = { images: array(images), labels, n, gradient: batchGradient(target) };
  attack.run(given, options, attackMemory(kernels, n, size), adversarial);
  return adversarial.slice();
}

/**
 * The same attack written out for one image after the other, step by step to the end, with no working set to leave:
 * g ← μ·g + ∇J/‖∇J‖₁ where a momentum is given, else g ← ∇J; x ← clip(project(x + α·sign g)).
 */
export function naivelyAttacked({ images, labels, size, gradient }: Victims, options: AttackOptions): Float32Array {
  const { epsilon, iterations = 10, stepSize = epsilon / iterations, momentum, project = true, clip = true } = options;
  const result = images.slice();
  const clamp = (value: number, low: number, high: number) => Math.min(Math.max(value, low), high);
  labels.forEach((label, i) => {
    const clean = images.slice(i * size, (i + 1) * size);
    const x = clean.slice();
    const g = new Float32Array(size);
    for (let step = 0; step < iterations; step++) {
      const now = gradient(x.slice(), label);
      const norm = Array.from(now).reduce((sum, value) => sum + Math.abs(value), 0);
      for (let p = 0; p < size; p++) {
        if (momentum === undefined) g[p] = now[p];
        else g[p] = momentum * g[p] + (norm > 0 ? now[p] * (1 / norm) : 0);
        let moved = x[p] + stepSize * Math.sign(g[p]);
        if (project) moved = clamp(moved, clean[p] - epsilon, clean[p] + epsilon);
        x[p] = clip ? clamp(moved, 0, 1) : moved;
      }
    }
    result.set(x, i * size);
  });
  return result;
}

/** Smooth and different for every image, pixel and place: signs change as the image moves. Some pixels have none. */
export const wavy: ImageGradient = (x, label) => {
  const place = x.reduce((sum, value, p) => sum + (1 + (p % 3)) * value, 0);
  return Float32Array.from(x, (_, p) => (p % 5 === 4 ? 0 : Math.sin(7 * label + 3 * p + 20 * place)));
};

/** The same, but zero in a third of all places, another third for each label: it dies, and may revive, midway. */
export const patchy: ImageGradient = (x, label) => {
  const place = x.reduce((sum, value) => sum + value, 0);
  return Math.floor(8 * place) % 3 === label % 3 ? new Float32Array(x.length) : wavy(x, label);
};
