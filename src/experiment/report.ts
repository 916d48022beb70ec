import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Audit } from '../audit/findings.js';
import { onDisk } from '../disk/faults.js';
import { readTextIfThere, writeWhole } from '../disk/files.js';
import { UserError } from '../errors.js';
import { renderSvg } from '../report/figures/render.js';
import { trainingCurves } from '../report/figures/training.js';
import { reportPage } from '../report/page/page.js';
import type { Results } from '../report/run/results.js';
import type { Progress } from './progress.js';
import { checkFolder, metricsGap, readRun, withRemedy } from './run-files.js';

export const REPORT = 'report.html';

/** Results or an audit that are not in a file yet. */
export interface ToBeWritten {
  readonly results?: Results;
  readonly audit?: Audit;
}

/**
 * Writes `report.html` of what is in a folder: a run's, or that of a network's audit. No path stands in it: of the
 * configuration, `data` is left out.
 *
 * @param given what is yet to be written, since its file makes the run, or its audit, a finished one
 * @returns the file's name
 * @throws {UserError} if there is neither a results.json nor an audit.json, or a file is damaged; nothing is written then
 */
export async function writeReport(folder: string, given: ToBeWritten = {}): Promise<string> {
  await checkFolder(folder, 'a finished run or audit');
  const names = (['config', 'results', 'audit', 'gallery', 'metrics'] as const).filter((name) => !Object.hasOwn(given, name)); // biome-ignore format: one line
  const { config, results, audit, gallery, metrics } = { ...(await readRun(folder, names)), ...given };
  const dataset = results?.dataset ?? audit?.dataset;
  if (dataset === undefined) {
    throw new UserError(
      `${folder} holds nothing to report: there is no results.json and no audit.json. Give the folder of a finished run or audit.`,
    );
  }
  const epochs = metrics ?? [];
  const training = trainingCurves(epochs, dataset);
  const page = reportPage({
    ...{ dataset, results, audit, epochs, gallery },
    figures: await figuresIn(folder),
    config: config && { ...config, data: null },
    curves: training && (await renderSvg(training)),
    gap: metricsGap('metrics.jsonl', { config, metrics }),
  });
  await writeWhole(join(folder, REPORT), page);
  return REPORT;
}

/** The text of each figure, by its name; whether it is a drawing is seen when it is put into the page. */
async function figuresIn(folder: string): Promise<Map<string, string>> {
  const figures = new Map<string, string>();
  const names = await onDisk('read', folder, () => readdir(folder));
  for (const name of names.filter((each) => /^figure-[a-z]\.svg$/.test(each)).sort()) {
    const file = join(folder, name);
    figures.set(name, (await withRemedy('Remove it.', () => readTextIfThere(file))) ?? '');
  }
  return figures;
}

/**
 * The same at the end of a run or an audit. What took minutes to find stands, also where a file beside it can't be read.
 *
 * @returns the names of the files written, one or none
 */
export async function reportIfReadable(folder: string, progress: Progress, given: ToBeWritten): Promise<string[]> {
  try {
    return [await writeReport(folder, given)];
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    progress.log(`No report was written. ${error.message}`);
    return [];
  }
}
