import { type DatasetName, datasets } from '../datasets/index.js';
import { type DatasetStatus, datasetNames, datasetStatus, fetchDataset } from '../datasets/status.js';
import { UserError } from '../errors.js';
import { textTable } from '../report/text.js';

/**
 * `npm start -- data [name]`: lists the data sets, each file's checksum computed; with a name, fetches and verifies
 * that one first.
 *
 * @throws {UserError} if the name is not known, or the data can't be had.
 */
export async function dataCommand(name: string | undefined): Promise<void> {
  if (name !== undefined) {
    if (!Object.hasOwn(datasets, name)) {
      throw new UserError(`data set "${name}" is not known; accepted are ${datasetNames.join(', ')}.`);
    }
    await fetchDataset(name as DatasetName, { onProgress: (line) => process.stderr.write(`${line}\n`) });
  }
  const shown = name === undefined ? datasetNames : [name as DatasetName];
  process.stdout.write(`${statusText(await Promise.all(shown.map(datasetStatus)))}\n`);
}

function statusText(statuses: readonly DatasetStatus[]): string {
  const rows = statuses.map(({ name, title, state, bytes, folder }) => [
    name,
    title,
    state,
    bytes === 0 ? '–' : `${(bytes / 1e6).toFixed(1)} MB`,
    folder,
  ]);
  const details = statuses.map(({ title, source, licence, files }) =>
    [
      `${title}: ${source}`,
      `  Licence: ${licence}`,
      ...files.filter(({ state }) => state === 'damaged').map((file) => `  ${file.name} is not the published file`),
    ].join('\n'),
  );
  return [textTable(['Name', 'Data set', 'State', 'Size', 'Folder'], rows, 5), ...details].join('\n\n');
}
