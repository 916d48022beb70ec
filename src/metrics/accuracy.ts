import type { Crew } from '../crew/crew.js';
import type { Network } from '../models/network.js';
import type { LabelledImages } from '../tensor/images.js';
import type { FloatArray, Tensor } from '../tensor/tensor.js';
import { CHUNK_SIZE, claimedChunks } from './chunks.js';

/** How many of the images in the chunks this member claims are classified correctly; the crew's counts add up. */
export function countCorrect(network: Network<Float32Array>, images: LabelledImages, crew: Crew): number {
  const workspace = network.workspace(CHUNK_SIZE);
  let correct = 0;
  for (const { n, labels } of claimedChunks(images, crew, workspace.input.data)) {
    workspace.forward(n);
    correct += countMatches(workspace.predictions(n), labels);
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
