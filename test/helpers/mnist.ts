import { datasets } from '../../src/datasets/index.js';
import { firstImages, type LabelledImages } from '../../src/tensor/images.js';

/** The first images of the real MNIST training and test sets. */
export async function mnistImages(
  trainSize: number,
  testSize: number,
): Promise<Record<'train' | 'test', LabelledImages>> {
  const { train, test } = await datasets.mnist.load();
  return { train: firstImages(train, trainSize), test: firstImages(test, testSize) };
}
