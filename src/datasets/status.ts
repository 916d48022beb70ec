/** What `npm start -- data` shows and does. */
import { stat } from 'node:fs/promises';
import type { LoadOptions } from './dataset.js';
import { type FileState, fileState, findFile } from './formats/files.js';
import { type DatasetName, datasets } from './index.js';

export interface DatasetStatus {
  readonly name: DatasetName;
  readonly title: string;
  readonly source: string;
  readonly licence: string;
  readonly folder: string;
  /** Bytes on the disk of those files that are there. */
  readonly bytes: number;
  /**
   * `verified` if every file is the published one; `missing` if none is there; `no files` if none is published; else
   * what is most wrong.
   */
  readonly state: FileState | 'incomplete' | 'no files';
  readonly files: readonly { readonly name: string; readonly state: FileState; readonly bytes: number }[];
}

/** What is there of a data set, each file's checksum computed (about a second for CIFAR-10). */
export async function datasetStatus(name: DatasetName): Promise<DatasetStatus> {
  const { title, source, licence, files: published, folder: folderOf } = datasets[name];
  const folder = folderOf();
  const files = await Promise.all(
    published.map(async (file) => {
      const path = await findFile(folder, file);
      const bytes = path === undefined ? 0 : (await stat(path)).size;
      return { name: file.name, state: await fileState(folder, file), bytes };
    }),
  );
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  return { name, title, source, licence, folder, bytes, state: overallState(files.map(({ state }) => state)), files };
}

/**
 * Gets a data set and verifies it, ahead of its first use.
 *
 * @throws {UserError} if it can't be had; the message says what to do by hand.
 */
export const fetchDataset = (name: DatasetName, options?: Omit<LoadOptions, 'directory'>): Promise<void> =>
  datasets[name].fetch(options);

/** A data set's state, from its files'. */
export function overallState(states: readonly FileState[]): DatasetStatus['state'] {
  if (states.length === 0) return 'no files';
  if (states.includes('damaged')) return 'damaged';
  if (!states.includes('missing')) return 'verified';
  return states.includes('verified') ? 'incomplete' : 'missing';
}
