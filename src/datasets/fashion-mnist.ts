/** Fashion-MNIST: 60,000 + 10,000 pictures of clothes of 28 x 28 grey pixels (Xiao, Rasul and Vollgraf 2017). */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatasetSource, PublishedFile } from './dataset.js';
import { download, type FetchOptions, fetchInto, loadOrFetch } from './fetch/download.js';
import { addressRequest, npmSettings } from './fetch/http.js';
import { fileState, findFile, sha256Fault } from './formats/files.js';
import { type IdxDatasetFacts, idxFiles, loadIdxDataset } from './formats/idx-dataset.js';

const facts: IdxDatasetFacts = {
  name: 'fashion-mnist',
  classes: ['T-shirt/top', 'Trouser', 'Pullover', 'Dress', 'Coat', 'Sandal', 'Shirt', 'Sneaker', 'Bag', 'Ankle boot'],
  mean: [0.286],
  std: [0.353],
  files: idxFiles({
    trainImages: 'c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888',
    trainLabels: 'bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9',
    testImages: '5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b',
    testLabels: '0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34',
  }),
};

const ADDRESS = 'http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/';

const folder = () => join('data', 'fashion-mnist');

/** Fashion-MNIST, fetched from its authors' address on first use. */
export const fashionMnist: DatasetSource = {
  title: 'Fashion-MNIST',
  source: `The four IDX files of Zalando Research, from ${ADDRESS}.`,
  licence: 'MIT (Zalando SE).',
  files: facts.files,
  folder,
  fetch: (options) => fetchFashionMnist(folder(), facts.files, ADDRESS, options),
  async load({ directory, ...options } = {}) {
    const { signal } = options;
    if (directory !== undefined) return loadIdxDataset(facts, directory, false, signal);
    return loadOrFetch(fashionMnist, () => loadIdxDataset(facts, folder(), true, signal), options);
  },
};

/**
 * Puts the four files into `into`, zipped as they come from `address`; those that are there and verified stay.
 *
 * @throws {UserError} if they can't be had.
 */
export async function fetchFashionMnist(
  into: string,
  files: readonly PublishedFile[],
  address: string,
  options: FetchOptions = {},
): Promise<void> {
  const byHand =
    `By hand: put ${files.map(({ name }) => `${name}.gz`).join(', ')} from ${address} into ${into} (Debian's ` +
    'package dataset-fashion-mnist has copies), or name a folder that holds them with --data.';
  await fetchInto(into, byHand, options, async () => {
    const settings = options.settings ?? (await npmSettings());
    for (const file of files) {
      const state = await fileState(into, file);
      if (state === 'verified') continue;
      const damaged = await findFile(into, file);
      const path = join(into, `${file.name}.gz`);
      const request = addressRequest(new URL(`${file.name}.gz`, address).href, settings);
      await download({ path, request, check: (candidate) => sha256Fault(candidate, file) }, options);
      // A damaged copy under another name would be found before the new one.
      if (damaged !== undefined && damaged !== path) await rm(damaged);
    }
  });
}
