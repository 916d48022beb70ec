/* MNIST for the peers that run in Node, read from its IDX files without this project's code. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const MEAN = 0.1307;
const STD = 0.3081;

/**
 * Returns the first `count` training images, as normalised float32, and their labels.
 *
 * @param {string} folder the folder with the four IDX files
 * @param {number} count
 */
export function trainingImages(folder, count) {
  const pixels = readFileSync(join(folder, 'train-images-idx3-ubyte')).subarray(16, 16 + count * 784);
  const labels = readFileSync(join(folder, 'train-labels-idx1-ubyte')).subarray(8, 8 + count);
  return { images: Float32Array.from(pixels, (pixel) => (pixel / 255 - MEAN) / STD), labels: Int32Array.from(labels) };
}
