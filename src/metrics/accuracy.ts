import * as check from '../check.js';
import type { Crew } from '../crew/crew.js';
import { ShapeError } from '../errors.js';
import { checkBatch, checkNetwork, type Network } from '../models/network.js';
import type { ClassIndices } from '../tensor/class-indices.js';
import type { LabelledImages } from '../tensor/images.js';
import { contiguous, type FloatArray, sizeOf, type Tensor } from '../tensor/tensor.js';
import { CHUNK_SIZE, claimedChunks } from './chunks.js';

/**
 * Counts the images that the network classifies correctly, in the chunks that this member claims. The members' counts
 * must be added.
 */
export function countCorrect(network: Network<Float32Array>, images: LabelledImages, crew: Crew): number {
  const batch = new Float32Array(CHUNK_SIZE * sizeOf(network.inputShape));
  let correct = 0;
  for (const { n, labels } of claimedChunks(images, crew, batch)) correct += correctAmong(network, batch, labels, n);
  return correct;
}

/**
 * Counts the images, of n, that the network classifies correctly, one pass at a time.
 *
 * @param images `[n, C, H, W]`
 */
export function correctAmong<A extends FloatArray>(
  network: Network<A>,
  images: A,
  labels: ClassIndices,
  n: number,
): number {
  const { pass } = network;
  const workspace = network.workspace(pass);
  const { input } = workspace;
  let correct = 0;
  for (let first = 0; first < n; first += pass) {
    const last = Math.min(first + pass, n);
    input.data.set(images.subarray(first * input.size, last * input.size));
    workspace.forward(last - first);
    correct += countMatches(workspace.predictions(last - first), labels.subarray(first, last));
  }
  return correct;
}

/** Counts the places where two arrays are equal. */
export function countMatches(predictions: ClassIndices, labels: ClassIndices): number {
  let matches = 0;
  for (let i = 0; i < labels.length; i++) if (predictions[i] === labels[i]) matches++;
  return matches;
}

/** Returns the share of the most frequent label: the accuracy of a classifier that gives every image this label. */
export function chance(labels: ClassIndices): number {
  const counts = new Map<number, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  return Math.max(...counts.values()) / labels.length;
}

/**
 * Returns the share of images that the network classifies correctly, in [0, 1].
 *
 * @param images `[N, C, H, W]` with pixels in [0, 1], clean or adversarial
 * @param labels the true class of each image, `[N]`
 * @param options.clip false if pixels may lie outside of [0, 1], as after an attack that doesn't clip; default: true
 * @throws {ShapeError} if there are no images, or they have another shape than the network's input, or the number of
 *   labels differs
 * @throws {RangeError} if a pixel is not in [0, 1], or a label is not a class of the network
 * @throws {TypeError} if an argument is of another type
 * @example
 * ```ts
 * const { images, labels } = imageBatch(test, [1, 28, 28], 0, 1000);
 * accuracy(network, images, labels); // such as 0.987
 * ```
 */
export function accuracy<A extends FloatArray>(
  network: Network<A>,
  images: Tensor,
  labels: ClassIndices,
  options: { readonly clip?: boolean } = {},
): number {
  checkNetwork('accuracy', network);
  checkBatch('accuracy', network, images);
  check.options('accuracy', 'options', options, ['clip']);
  const { clip = true } = options;
  check.flag('accuracy', 'options.clip', clip);
  check.pixels('accuracy', 'images.data', contiguous(images), !clip);
  check.labels('accuracy', 'labels', labels, images.shape[0], network.classes);
  if (labels.length === 0) throw new ShapeError('accuracy: images is empty; give at least one image');
  return countMatches(network.predict(images), labels) / labels.length;
}
