import type { Crew } from '../crew/crew.js';
import type { ClassIndices } from '../tensor/class-indices.js';
import { type LabelledImages, loadImage } from '../tensor/images.js';
import type { FloatArray } from '../tensor/tensor.js';

/** The number of images that a member of a crew claims at a time. */
export const CHUNK_SIZE = 64;

/** Returns the number of chunks of a number of images. */
export const chunkCount = (images: number): number => Math.ceil(images / CHUNK_SIZE);

/** A chunk of a set: images `first` … `first + n − 1`. */
export interface Chunk {
  readonly first: number;
  readonly n: number;
  readonly labels: ClassIndices;
}

/**
 * Yields the chunks that this member of the crew claims, one after the other; each counts as progress when it is done.
 *
 * @param into written before a chunk is yielded: its images, `[n, C, H, W]` in [0, 1]
 */
export function* claimedChunks(images: LabelledImages, crew: Crew, into: FloatArray): Generator<Chunk> {
  const chunks = chunkCount(images.count);
  for (let chunk = crew.claim(chunks); chunk >= 0; chunk = crew.claim(chunks)) {
    const first = chunk * CHUNK_SIZE;
    const n = Math.min(CHUNK_SIZE, images.count - first);
    for (let i = 0; i < n; i++) loadImage(images, first + i, into, i);
    yield { first, n, labels: images.labels.subarray(first, first + n) };
    crew.advance();
  }
}
