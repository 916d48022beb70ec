import { type Attack, type AttackMemory, type AttackOptions, attackMemory } from '../attacks/attack.js';
import { makeExamples } from '../attacks/make-examples.js';
import { beyondPixels, checkAttack } from '../attacks/options.js';
import * as check from '../check.js';
import { ShapeError } from '../errors.js';
import type { Loss } from '../losses/loss.js';
import { checkNetwork, checkQuestion, type Network } from '../models/network.js';
import { networkOracle } from '../models/oracle.js';
import type { GradientPath } from '../rules/path.js';
import type { ClassIndices } from '../tensor/class-indices.js';
import { stream } from '../tensor/random.js';
import { releasedError } from '../tensor/released.js';
import { lossFor } from './attack-loss.js';
import { zeroGradients } from './zero-gradients.js';

/** The settings of an attack on a few images: everything that their examples depend on, except the images. */
export interface ExampleSettings extends AttackOptions {
  readonly attack: Attack;
  readonly path: GradientPath;
  /** The loss that the attack maximises, unless the attack has a loss of its own. */
  readonly loss: Loss;
  readonly seed: number;
}

/** The results of an attack on a few images. The arrays are valid until the next attack. */
export interface Examples {
  /** The adversarial images, `[n, C, H, W]`. */
  readonly adversarial: Float32Array;
  /** The network's class for each adversarial image. */
  readonly predictions: ClassIndices;
  /**
   * For each image, true if the gradient at the clean image is exactly zero in every pixel. It is the gradient of the loss
   * that the attack maximises, or of the setting's loss if the attack maximises no loss.
   */
  readonly zeroGradient: readonly boolean[];
}

/**
 * Attacks a few images at a time on one network, and returns each adversarial image. Its memory is allocated once, from
 * the network's kernels; {@link release} frees it.
 *
 * @example
 * ```ts
 * const maker = new ExampleMaker(network, 16);
 * const settings = { attack: attacks.bim, path: 'true', loss: losses['cross-entropy'], seed: 1, epsilon: 0.3 } as const;
 * const { adversarial, predictions } = maker.make(images, labels, 0, settings);
 * maker.release();
 * ```
 */
export class ExampleMaker {
  private readonly memory: AttackMemory;
  private readonly adversarial: Float32Array;
  private released = false;

  /**
   * Allocates the memory for `capacity` images.
   *
   * @throws {RangeError | TypeError} if `network` is not a network, or `capacity` is not a whole number of at least 1
   */
  constructor(
    private readonly network: Network<Float32Array>,
    readonly capacity: number,
  ) {
    checkNetwork('ExampleMaker', network);
    check.wholeNumber('ExampleMaker', 'capacity', capacity);
    const { size } = network.workspace(1).input;
    this.memory = attackMemory(network.kernels, capacity, size);
    this.adversarial = new Float32Array(capacity * size);
  }

  /**
   * Attacks n images.
   *
   * @param images `[n, C, H, W]`, n ≤ `capacity`
   * @param labels the true class of each image, `[n]`
   * @param first the index of the first image in its data set: as in a run, an image's random numbers depend on its
   *   index
   * @param settings the attack, its options, gradient path, loss and seed
   * @throws {ShapeError} if there are more images than the capacity, or the number of labels differs
   * @throws {RangeError | TypeError} if a pixel, label or setting is not accepted, or an argument is of another type
   * @throws {Error} if this or the network was released
   */
  make(images: Float32Array, labels: ClassIndices, first: number, settings: ExampleSettings): Examples {
    const { network, memory, adversarial, capacity } = this;
    if (this.released) throw releasedError('make', 'the ExampleMaker');
    const { size } = memory;
    check.object('make', 'settings', settings, 'an object with attack, path, loss, seed and epsilon');
    const { attack, path, loss, seed, ...options } = settings;
    checkAttack('make', attack, options);
    checkQuestion('make', { path, loss });
    check.seed('make', 'settings.seed', seed);
    check.classIndices('make', 'labels', labels);
    const n = labels.length;
    if (n > capacity) throw new ShapeError(`make: there are ${n} labels; ${capacity} or fewer are expected`);
    check.float32s('make', 'images', images, n * size);
    check.pixels('make', 'images', images, beyondPixels(attack, options));
    check.labels('make', 'labels', labels, n, network.classes);
    check.wholeNumber('make', 'first', first, { from: 0 });
    const maximised = lossFor(attack, loss, network.classes) ?? loss;
    const asked = networkOracle(network, { path, loss: maximised }, capacity);
    const random = (i: number) =>
      stream(seed)
        .split('attack')
        .split(first + i);
    const target = { images, labels, n, shape: network.inputShape, gradient: asked.gradient, oracle: asked, random };
    const zeroGradient = zeroGradients(asked.gradient(images, labels, n), asked.losses, n, size);
    makeExamples(attack, target, options, memory, adversarial);
    asked.query(adversarial, labels, n);
    return { adversarial, predictions: asked.predictions(n), zeroGradient };
  }

  /** Frees its memory; it can't make examples any more. A second call does nothing. */
  release(): void {
    this.released = true;
    this.memory.release();
  }
}
