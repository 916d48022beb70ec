import * as check from '../check.js';
import type { ClassIndices } from '../tensor/class-indices.js';
import type { FloatArray } from '../tensor/tensor.js';

/**
 * A loss of the logits: each image's value and its own gradient, not divided by the number of images, so that no
 * image's gradient depends on the batch it stands in.
 */
export interface Loss {
  readonly title: string;
  /** How many classes there must be, if not two. */
  readonly leastClasses?: number;
  /** Its form that draws an image towards one class, where it has one. */
  readonly targeted?: TargetedLoss;
  /**
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

/** A loss that grows as each image is taken for one class in particular, its target, rather than for its own. */
export interface TargetedLoss {
  readonly title: string;
  /** How many classes there must be. */
  readonly leastClasses: number;
  /**
   * As a loss's.
   *
   * @param targets a class for each image, none its label
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

/** @throws {TypeError} if an argument is no loss */
export const checkLoss = (where: string, argument: string, value: unknown): void =>
  check.object(where, argument, value, "a loss, such as losses['cross-entropy'],", { evaluate: 'function' });
