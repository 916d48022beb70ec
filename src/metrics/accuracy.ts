import * as check from '../check.js';
import type { Crew } from '../crew/crew.js';
import { ShapeError } from '../errors.js';
import { checkBatch, checkNetwork, type Network } from '../models/network.js';
import type { ClassIndices } from '../tensor/class-indices.js';
import type { LabelledImages } from '../tensor/images.js';
import { contiguous, type FloatArray, sizeOf, type Tensor } from '../tensor/tensor.js';
import { CHUNK_SIZE, claimedChunks } from './chunks.js';

/** How many of the images in the chunks this member claims are classified correctly; the crew's counts add up. */
export function countCorrect(network: Network<Float32Array>, images: LabelledImages, crew: Crew): number {
  const batch = new Float32Array(CHUNK_SIZE * sizeOf(network.inputShape));
  let correct = 0;
  for (const { n, labels } of claimedChunks(images, crew, batch)) correct += correctAmong(network, batch, labels, n);
  return correct;
}

/**
 * How many of the n images are given their true label, a pass at a time.
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

/** In how many places the two agree. */
export function countMatches(predictions: ClassIndices, labels: ClassIndices): number {
  let matches = 0;
  for (let i = 0; i < labels.length; i++) if (predictions[i] === labels[i]) matches++;
  return matches;
}

/** The share of the most frequent label: what a classifier gets right that gives every image the same answer. */
export function chance(labels: ClassIndices): number {
  const counts = new Map<number, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  return Math.max(...counts.values()) / labels.length;
}

/**
 * The share of images that are given their true label, in [0, 1].
 *
 * @param images `[N, C, H, W]` in [0, 1], clean or adversarial
 * @param options.clip false if the images may go beyond [0, 1], as those of an attack do that doesn't clip
 * @throws {ShapeError} if there are no images, or not of the shape the network expects, or not as many labels
 * @throws {RangeError} if a pixel is not in [0, 1], or a label no class
 * @throws {TypeError} if an argument is none
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
  if (labels.length === 0) throw new ShapeError('accuracy: images are none; at least one is expected');
  return countMatches(network.predict(images), labels) / labels.length;
}
