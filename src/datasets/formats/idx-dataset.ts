/** Data sets laid out as MNIST is: four IDX files, 28 x 28 grey images and their labels, for training and for test. */
import type { Dataset, LabelledImages, PublishedFile } from '../dataset.js';
import { checkIdentity, checkLabels, fileError, findAll } from './files.js';
import { readIdx } from './idx.js';

/** What is known of such a data set beforehand. */
export interface IdxDatasetFacts extends Pick<Dataset, 'name' | 'classes' | 'mean' | 'std'> {
  /** As {@link idxFiles} gives them. */
  readonly files: readonly PublishedFile[];
}

const HEIGHT = 28;
const WIDTH = 28;

/** The four files, by the names MNIST's authors gave them. */
export function idxFiles(sha256: Record<'trainImages' | 'trainLabels' | 'testImages' | 'testLabels', string>) {
  const file = (name: string, sum: string): PublishedFile => {
    const dotted = name.replace('-idx', '.idx');
    return { name, alsoCalled: [dotted, `${name}.gz`, `${dotted}.gz`], sha256: sum };
  };
  return [
    file('train-images-idx3-ubyte', sha256.trainImages),
    file('train-labels-idx1-ubyte', sha256.trainLabels),
    file('t10k-images-idx3-ubyte', sha256.testImages),
    file('t10k-labels-idx1-ubyte', sha256.testLabels),
  ];
}

/**
 * Reads the four files from `directory`.
 *
 * @param verify whether each must be the published one, byte for byte.
 * @throws {UserError} if a file is missing, truncated, corrupt, swapped with another or not the one expected.
 */
export async function loadIdxDataset(
  facts: IdxDatasetFacts,
  directory: string,
  verify: boolean,
  signal?: AbortSignal,
): Promise<Dataset> {
  const { files, ...rest } = facts;
  const paths = await findAll(directory, files);
  const read = async (index: number) => {
    const file = await readIdx(paths[index], index % 2 === 0 ? ['any', HEIGHT, WIDTH] : ['any'], signal);
    checkIdentity(paths[index], files[index], file.sha256, files, verify);
    return file;
  };
  const split = async (images: number): Promise<LabelledImages> => {
    const [pixels, labels] = [await read(images), await read(images + 1)];
    const count = pixels.dimensions[0];
    if (labels.dimensions[0] !== count) {
      const expected = `${count} labels, one for each image of ${files[images].name}`;
      throw fileError(paths[images + 1], expected, `${labels.dimensions[0]}`);
    }
    checkLabels(paths[images + 1], labels.data, facts.classes.length);
    return { pixels: pixels.data, labels: labels.data, count };
  };
  return { ...rest, shape: [1, HEIGHT, WIDTH], train: await split(0), test: await split(2) };
}
