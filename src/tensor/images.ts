import * as check from '../check.js';
import { ShapeError } from '../errors.js';
import type { ClassIndices } from './class-indices.js';
import { type FloatArray, shapeText, sizeOf, type Tensor, tensor } from './tensor.js';

/**
 * Labelled images as a data set's authors published them.
 *
 * Axes: N images, C channels, H rows, W columns.
 */
export interface LabelledImages {
  /** Pixels 0..255, `[N, C, H, W]` row-major; over a SharedArrayBuffer where several threads are to read them. */
  readonly pixels: Uint8Array;
  /** One class index per image. */
  readonly labels: ClassIndices;
  /** N */
  readonly count: number;
}

/**
 * Checks that an argument is labelled images: as many labels as images, and all images of one size.
 *
 * @param shape `[C, H, W]` of each image, where it is known
 * @param classes how many there are, where that is known
 * @throws {TypeError} if they are none
 * @throws {ShapeError} if there are not as many labels or pixels as there should be
 * @throws {RangeError} if a label is no class
 */
export function checkImages(where: string, value: unknown, shape?: readonly number[], classes?: number): void {
  check.object(where, 'images', value, 'an object with pixels, labels and count');
  const { pixels, labels, count } = value as LabelledImages;
  check.wholeNumber(where, 'images.count', count, { from: shape ? 1 : 0 });
  check.bytes(where, 'images.pixels', pixels);
  if (shape ? pixels.length !== count * sizeOf(shape) : count === 0 ? pixels.length > 0 : pixels.length % count > 0) {
    const each = shape ? ` of ${shapeText(shape)}` : ' of one size';
    throw new ShapeError(
      `${where}: images.pixels holds ${pixels.length} numbers and images.count is ${count}; so many images${each} are expected`,
    );
  }
  check.labels(where, 'images.labels', labels, count, classes);
}

/**
 * The first `count` images, or all if there are fewer, sharing memory.
 *
 * @throws {TypeError | ShapeError} if the images are none
 * @throws {RangeError} unless `count` is a whole number of 0 or more
 */
export function firstImages(images: LabelledImages, count: number): LabelledImages {
  checkImages('firstImages', images);
  check.wholeNumber('firstImages', 'count', count, { from: 0 });
  const { pixels, labels, count: all } = images;
  const kept = Math.min(count, all);
  const size = all === 0 ? 0 : pixels.length / all;
  return { pixels: pixels.subarray(0, size * kept), labels: labels.subarray(0, kept), count: kept };
}

/** pixel / 255: looked up, since a division for each pixel took 3 % of a training step. */
const IN_UNIT_RANGE = Float64Array.from({ length: 256 }, (_, pixel) => pixel / 255);

/** Writes image `index` of a set to place `place` of a batch, as numbers in [0, 1] (pixel / 255). */
export function loadImage(images: LabelledImages, index: number, batch: FloatArray, place: number): void {
  const size = images.pixels.length / images.count;
  const from = index * size;
  const to = place * size;
  const { pixels } = images;
  for (let p = 0; p < size; p++) batch[to + p] = IN_UNIT_RANGE[pixels[from + p]];
}

/**
 * Images `first` … `first + count − 1` as a tensor `[count, C, H, W]` in [0, 1], and their labels.
 *
 * @param shape `[C, H, W]`
 * @throws {TypeError} if the images are none
 * @throws {ShapeError} if there are not as many images, or they are of another shape
 * @throws {RangeError} unless `first` and `count` are whole numbers of 0 or more
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
