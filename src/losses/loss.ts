import * as check from '../check.js';
import type { ClassIndices } from '../tensor/class-indices.js';
import type { FloatArray } from '../tensor/tensor.js';

/**
 * A loss of the logits: each image's loss and its own gradient, not divided by the number of images. An image's
 * gradient is the same in any batch.
 */
export interface Loss {
  readonly title: string;
  /** The smallest number of classes; default: 2. */
  readonly leastClasses?: number;
  /** Its targeted form, which moves an image towards one class, if there is one. */
  readonly targeted?: TargetedLoss;
  /**
   * Computes the losses of n images and their gradients.
   *
   * @param logits `[n, classes]`
   * @param labels the true class of each image
   * @param losses written: `[n]`
   * @param dlogits written: `[n, classes]`
   */
  evaluate(
    logits: FloatArray,
    labels: ClassIndices,
    n: number,
    classes: number,
    losses: Float64Array,
    dlogits: FloatArray,
  ): void;
}

/** A loss that grows as the network prefers a target class to each image's true class. */
export interface TargetedLoss {
  readonly title: string;
  /** The smallest number of classes. */
  readonly leastClasses: number;
  /**
   * Computes the losses and gradients, as a loss does.
   *
   * @param targets a class for each image, different from its label
   */
  evaluate(
    logits: FloatArray,
    labels: ClassIndices,
    targets: ClassIndices,
    n: number,
    classes: number,
    losses: Float64Array,
    dlogits: FloatArray,
  ): void;
}

/** Checks that an argument is a loss. @throws {TypeError} if it isn't */
export const checkLoss = (where: string, argument: string, value: unknown): void =>
  check.object(where, argument, value, "a loss, such as losses['cross-entropy'],", { evaluate: 'function' });
