import { ShapeError } from '../errors.js';
import { type FloatArray, type Tensor, tensor } from './tensor.js';

/**
 * Labelled images as a data set's authors published them.
 *
 * Axes: N images, C channels, H rows, W columns.
 */
export interface LabelledImages {
  /** Pixels 0..255, `[N, C, H, W]` row-major; over a SharedArrayBuffer where several threads are to read them. */
  readonly pixels: Uint8Array;
  /** One class index per image. */
  readonly labels: Uint8Array;
  /** N */
  readonly count: number;
}

/** The first `count` images, sharing memory. */
export function firstImages({ pixels, labels, count: all }: LabelledImages, count: number): LabelledImages {
  const kept = Math.min(count, all);
  return { pixels: pixels.subarray(0, (pixels.length / all) * kept), labels: labels.subarray(0, kept), count: kept };
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
 * @throws {ShapeError} if there are not as many images.
 */
export function imageBatch(
  images: LabelledImages,
  shape: readonly number[],
  first: number,
  count: number,
): { images: Tensor<Float32Array>; labels: Uint8Array } {
  if (first < 0 || first + count > images.count) {
    throw new ShapeError(
      `imageBatch: images ${first} to ${first + count - 1} were asked for, there are ${images.count}`,
    );
  }
  const size = images.pixels.length / images.count;
  const batch = new Float32Array(count * size);
  for (let i = 0; i < count; i++) loadImage(images, first + i, batch, i);
  return { images: tensor(batch, [count, ...shape]), labels: images.labels.slice(first, first + count) };
}
