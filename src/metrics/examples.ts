import { type Attack, type AttackMemory, type AttackOptions, attackMemory } from '../attacks/attack.js';
import { isZero } from '../attacks/linf.js';
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

/** How a few images are attacked: everything that decides their examples, but for the images. */
export interface ExampleSettings extends AttackOptions {
  readonly attack: Attack;
  readonly path: GradientPath;
  /** What is made to grow. */
  readonly loss: Loss;
  readonly seed: number;
}

/** What became of a few images. The arrays last until the next attack. */
export interface Examples {
  /** `[n, C, H, W]` */
  readonly adversarial: Float32Array;
  /** What the network makes of them. */
  readonly predictions: ClassIndices;
  /** Whether the gradient at the clean image is exactly zero in every pixel. */
  readonly zeroGradient: readonly boolean[];
}

/**
 * Attacks a few images at a time on one network, for those who want to see each. Its memory is made once, and is the
 * kernels' until {@link release}.
 */
export class ExampleMaker {
  private readonly memory: AttackMemory;
  private readonly adversarial: Float32Array;
  private released = false;

  /** @throws {RangeError | TypeError} unless there is a network, and the capacity is a whole number of 1 or more */
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
   * @param images up to `capacity` of them, `[n, C, H, W]`
   * @param first the first one's index in its set: random numbers belong to an image, as in a run's attacks
   * @throws {ShapeError} if there are more images than the capacity, or not as many as labels
   * @throws {RangeError | TypeError} if a pixel, a label or a setting is not accepted, or an argument none
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
    if (n > capacity) throw new ShapeError(`make: labels are ${n}; ${capacity} or fewer are expected`);
    check.float32s('make', 'images', images, n * size);
    check.pixels('make', 'images', images, beyondPixels(attack, options));
    check.labels('make', 'labels', labels, n, network.classes);
    check.wholeNumber('make', 'first', first, { from: 0 });
    const asked = networkOracle(network, { path, loss: lossFor(attack, loss, network.classes) }, capacity);
    const gradient = networkOracle(network, { path, loss }, capacity).gradient(images, labels, n);
    const zeroGradient = Array.from({ length: n }, (_, i) => isZero(gradient, i * size, (i + 1) * size));
    const random = (i: number) =>
      stream(seed)
        .split('attack')
        .split(first + i);
    const target = { images, labels, n, shape: network.inputShape, gradient: asked.gradient, oracle: asked, random };
    makeExamples(attack, target, options, memory, adversarial);
    asked.query(adversarial, labels, n);
    return { adversarial, predictions: asked.predictions(n), zeroGradient };
  }

  /** Gives its memory back to the kernels; it makes no more examples. A second time does nothing. */
  release(): void {
    this.released = true;
    this.memory.release();
  }
}
