import type { Kernels } from '../tensor/kernels.js';

/**
 * The gradient of each image's own loss with respect to its pixels: all an attack knows of a network.
 *
 * @param images `[n, …]` in [0, 1]
 * @param labels the true classes
 * @returns `[n, …]`; the array may be overwritten by the next call
 */
export type GradientFunction = (images: Float32Array, labels: Uint8Array, n: number) => Float32Array;

/** What is attacked: images, their true labels, and the gradient of the loss that is to grow. */
export interface AttackTarget {
  /** Clean images, `[n, …]` in [0, 1]; left as they are. */
  readonly images: Float32Array;
  readonly labels: Uint8Array;
  readonly n: number;
  readonly gradient: GradientFunction;
  /** The gradient at the clean images, if it is known already: the first step then needs no new one. */
  readonly cleanGradient?: Float32Array | undefined;
}

/** The knobs of an attack; each attack has its own defaults for all but epsilon. */
export interface AttackOptions {
  /** L∞ radius, in [0, 1] pixel units. */
  readonly epsilon: number;
  readonly iterations?: number | undefined;
  /** Step size α in pixel units; epsilon / iterations by default. */
  readonly stepSize?: number | undefined;
  /** Decay factor μ of MI-FGSM's accumulated gradient. */
  readonly momentum?: number | undefined;
  /** Whether each step ends inside the epsilon-ball around the clean image (default true). */
  readonly project?: boolean | undefined;
  /** Whether each step ends inside [0, 1] (default true). */
  readonly clip?: boolean | undefined;
}

/** Memory for one attack on up to `capacity` images, made once per thread. */
export interface AttackMemory {
  readonly kernels: Kernels<Float32Array>;
  readonly capacity: number;
  /** Numbers per image. */
  readonly size: number;
  readonly x: Float32Array;
  readonly clean: Float32Array;
  readonly direction: Float32Array;
  readonly labels: Uint8Array;
  /** Where each image of the working set stands in the caller's batch. */
  readonly index: Int32Array;
}

export function attackMemory(kernels: Kernels<Float32Array>, capacity: number, size: number): AttackMemory {
  const array = () => kernels.alloc(capacity * size);
  return {
    kernels,
    capacity,
    size,
    x: array(),
    clean: array(),
    direction: array(),
    labels: new Uint8Array(capacity),
    index: new Int32Array(capacity),
  };
}

/** An attack: writes adversarial images for a target. */
export interface Attack {
  readonly title: string;
  /** The name in figures and tables, such as `MI-FGSM`. */
  readonly label: string;
  /** Gradient steps taken unless `iterations` says otherwise; undefined where it is always one. */
  readonly defaultIterations?: number;
  /** @param adversarial written: `[n, …]` */
  run(target: AttackTarget, options: AttackOptions, memory: AttackMemory, adversarial: Float32Array): void;
}
