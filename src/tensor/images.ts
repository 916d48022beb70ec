import * as check from '../check.js';
import { ShapeError } from '../errors.js';
import type { ClassIndices } from './class-indices.js';
import { type FloatArray, shapeText, sizeOf, type Tensor, tensor } from './tensor.js';

/**
 * The labelled images of a data set, as its authors published them.
 *
 * Axes: N images, C channels, H rows, W columns.
 */
export interface LabelledImages {
  /** Pixels, 0 to 255, `[N, C, H, W]` row-major; over a SharedArrayBuffer if several threads read them. */
  readonly pixels: Uint8Array;
  /** One class index per image, `[N]`. */
  readonly labels: ClassIndices;
  /** The number of images, N. */
  readonly count: number;
}

/**
 * Checks that an argument is labelled images: as many labels as images, and all images of one size.
 *
 * @param where the name of the function that was called, for messages
 * @param shape the expected shape `[C, H, W]` of each image, if known
 * @param classes the number of classes, if known
 * @throws {TypeError} if the value, its pixels or its labels are of another type
 * @throws {ShapeError} if the number of labels or pixels is wrong
 * @throws {RangeError} if a label is not below `classes`
 */
export function checkImages(where: string, value: unknown, shape?: readonly number[], classes?: number): void {
  check.object(where, 'images', value, 'an object with pixels, labels and count');
  const { pixels, labels, count } = value as LabelledImages;
  check.wholeNumber(where, 'images.count', count, { from: shape ? 1 : 0 });
  check.bytes(where, 'images.pixels', pixels);
  if (shape ? pixels.length !== count * sizeOf(shape) : count === 0 ? pixels.length > 0 : pixels.length % count > 0) {
    const each = shape ? ` of ${shapeText(shape)}` : ' of one size';
    throw new ShapeError(
      `${where}: images.pixels holds ${pixels.length} numbers and images.count is ${count}; ${count} images${each} are expected`,
    );
  }
  check.labels(where, 'images.labels', labels, count, classes);
}

/**
 * Returns the first `count` images, or all if there are fewer. The result shares memory with `images`.
 *
 * @throws {TypeError | ShapeError} if `images` are not labelled images
 * @throws {RangeError} unless `count` is a whole number of at least 0
 * @example
 * ```ts
 * const { test } = await datasets.mnist.load();
 * const quick = firstImages(test, 1000);
 * ```
 */
export function firstImages(images: LabelledImages, count: number): LabelledImages {
  checkImages('firstImages', images);
  check.wholeNumber('firstImages', 'count', count, { from: 0 });
  const { pixels, labels, count: all } = images;
  const kept = Math.min(count, all);
  const size = all === 0 ? 0 : pixels.length / all;
  return { pixels: pixels.subarray(0, size * kept), labels: labels.subarray(0, kept), count: kept };
}

/** pixel / 255, as a table: a division for each pixel took 3 % of a training step. */
const IN_UNIT_RANGE = Float64Array.from({ length: 256 }, (_, pixel) => pixel / 255);

/**
 * Writes image `index` of a set to place `place` of a batch, as numbers in [0, 1] (pixel / 255).
 *
 * @param batch written: `[N, C, H, W]`
 * @example
 * ```ts
 * const batch = new Float32Array(2 * 784);
 * loadImage(test, 7, batch, 1); // image 7 becomes the second of the batch
 * ```
 */
export function loadImage(images: LabelledImages, index: number, batch: FloatArray, place: number): void {
  const size = images.pixels.length / images.count;
  const from = index * size;
  const to = place * size;
  const { pixels } = images;
  for (let p = 0; p < size; p++) batch[to + p] = IN_UNIT_RANGE[pixels[from + p]];
}

/**
 * Returns images `first` … `first + count − 1` as a tensor `[count, C, H, W]` with pixels in [0, 1], and their labels.
 *
 * @param shape `[C, H, W]`
 * @throws {TypeError} if `images` are not labelled images
 * @throws {ShapeError} if the set has fewer images, or images of another size
 * @throws {RangeError} unless `first` and `count` are whole numbers of at least 0
 * @example
 * ```ts
 * const { images, labels } = imageBatch(test, [1, 28, 28], 0, 100);
 * accuracy(network, images, labels); // in [0, 1]
 * ```
 */
export function imageBatch(
  images: LabelledImages,
  shape: readonly number[],
  first: number,
  count: number,
): { images: Tensor<Float32Array>; labels: ClassIndices } {
  checkImages('imageBatch', images);
  check.shape('imageBatch', 'shape', shape);
  check.wholeNumber('imageBatch', 'first', first, { from: 0 });
  check.wholeNumber('imageBatch', 'count', count, { from: 0 });
  if (first + count > images.count) {
    throw new ShapeError(`imageBatch: first is ${first} and count ${count}; there are ${images.count} images`);
  }
  const size = sizeOf(shape);
  if (images.count * size !== images.pixels.length) {
    throw new ShapeError(
      `imageBatch: shape is ${shapeText(shape)}; ${images.pixels.length / images.count} numbers per image are expected`,
    );
  }
  const batch = new Float32Array(count * size);
  for (let i = 0; i < count; i++) loadImage(images, first + i, batch, i);
  return { images: tensor(batch, [count, ...shape]), labels: images.labels.slice(first, first + count) };
}
