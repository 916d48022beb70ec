import type { Crew } from '../crew/crew.js';
import { type Network, PASS } from '../models/network.js';
import type { LabelledImages } from '../tensor/images.js';
import { type FloatArray, sizeOf, type Tensor } from '../tensor/tensor.js';
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
  labels: Uint8Array,
  n: number,
): number {
  const workspace = network.workspace(PASS);
  const { input } = workspace;
  let correct = 0;
  for (let first = 0; first < n; first += PASS) {
    const last = Math.min(first + PASS, n);
    input.data.set(images.subarray(first * input.size, last * input.size));
    workspace.forward(last - first);
    correct += countMatches(workspace.predictions(last - first), labels.subarray(first, last));
  }
  return correct;
}

/** In how many places the two agree. */
export function countMatches(predictions: Uint8Array, labels: Uint8Array): number {
  let matches = 0;
  for (let i = 0; i < labels.length; i++) if (predictions[i] === labels[i]) matches++;
  return matches;
}

/** The share of the most frequent label: what a classifier gets right that gives every image the same answer. */
export function chance(labels: Uint8Array): number {
  const counts = new Uint32Array(256);
  for (const label of labels) counts[label]++;
  return Math.max(...counts) / labels.length;
}

/**
 * The share of images that are given their true label, in [0, 1].
 *
 * @param images `[N, C, H, W]`, clean or adversarial
 * @throws {ShapeError} if the images are not of the shape the network expects.
 */
export function accuracy<A extends FloatArray>(network: Network<A>, images: Tensor, labels: Uint8Array): number {
  return countMatches(network.predict(images), labels) / labels.length;
}
