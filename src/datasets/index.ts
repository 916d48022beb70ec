/** The data sets there are. A new one is a file beside this one and a row here; the keys are the command line's names. */
import { cifar10 } from './cifar10.js';
import type { DatasetSource } from './dataset.js';
import { fashionMnist } from './fashion-mnist.js';
import { folder } from './folder.js';
import { mnist } from './mnist.js';

export const datasets = { mnist, 'fashion-mnist': fashionMnist, cifar10, folder } satisfies Record<
  string,
  DatasetSource
>;

/** A data set's name on the command line. */
export type DatasetName = keyof typeof datasets;

export const datasetNames = Object.keys(datasets) as DatasetName[];

/** The data set that a person means, in any case; undefined if there is no such data set. */
export const datasetNamed = (text: string): DatasetName | undefined =>
  datasetNames.find((name) => name === text.toLowerCase());
