import { relative } from 'node:path';
import { datasetNames } from '../datasets/index.js';
import { type DatasetStatus, datasetStatus, fetchDataset } from '../datasets/status.js';
import { paragraphs, textTable, wrap } from '../report/text.js';
import { interruptible } from './interrupt.js';
import { progressOn } from './progress.js';
import { widthOf } from './terminal.js';
import { datasetCalled } from './values.js';

/**
 * `npm start -- data [name]`: lists the data sets, each file's checksum computed; with a name, fetches and verifies
 * that one first.
 *
 * @throws {UserError} if the name is not known, or the data can't be had.
 * @throws {Interruption} if it was interrupted
 */
export async function dataCommand(name: string | undefined): Promise<void> {
  const asked = name === undefined ? undefined : datasetCalled(name);
  const shown = asked === undefined ? datasetNames : [asked];
  const { log } = progressOn(process.stderr);
  const statuses = await interruptible(
    async (signal) => {
      if (asked !== undefined) await fetchDataset(asked, { onProgress: log, signal });
      return Promise.all(shown.map(datasetStatus));
    },
    () => 'Nothing has changed.',
  );
  process.stdout.write(`${statusText(statuses, widthOf(process.stdout))}\n`);
}

/** A folder below the current one by its way from here, any other as it is. */
function nearby(folder: string): string {
  const way = relative(process.cwd(), folder);
  return way === '' || way.startsWith('..') ? folder : way;
}

/** The data sets as a table, and where each comes from, for a terminal of a given width. */
export function statusText(statuses: readonly DatasetStatus[], width: number): string {
  const rows = statuses.map(({ name, title, state, bytes }) => [
    name,
    title,
    state,
    bytes === 0 ? '–' : `${(bytes / 1e6).toFixed(1)} MB`,
  ]);
  const details = statuses.map(({ title, folder, source, licence, files }) =>
    [
      `${title}: ${source}`,
      `Licence: ${licence}`,
      `Folder: ${nearby(folder)}`,
      ...files.filter(({ state }) => state === 'damaged').map((file) => `${file.name} is not the published file`),
    ]
      .map((sentence) => wrap(sentence, width))
      .join('\n'),
  );
  return paragraphs([textTable(['Name', 'Data set', 'State', 'Size'], rows, 3, width), ...details], width);
}
