import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Audit, parseAudit } from '../audit/findings.js';
import { onDisk } from '../disk/faults.js';
import { checkNamed, readTextIfThere, writeWhole } from '../disk/files.js';
import { UserError } from '../errors.js';
import { renderSvg } from '../report/figures/render.js';
import { trainingCurves } from '../report/figures/training.js';
import { parseGallery } from '../report/gallery/gallery.js';
import { reportPage } from '../report/page/page.js';
import { parseResults, type Results } from '../report/run/results.js';
import { parseConfigText } from './config.js';
import { GALLERY } from './gallery.js';
import { parseMetrics } from './metrics.js';
import type { Progress } from './progress.js';

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
  checkNamed(folder, 'The folder of the run');
  const read = async <Value>(
    name: string,
    parse: (text: string, file: string) => Value,
  ): Promise<Value | undefined> => {
    const file = join(folder, name);
    const text = await readTextIfThere(file);
    return text === undefined ? undefined : parse(text, file);
  };
  const results = given.results ?? (await read('results.json', parseResults));
  const audit = given.audit ?? (await read('audit.json', parseAudit));
  const dataset = results?.dataset ?? audit?.dataset;
  if (dataset === undefined) {
    throw new UserError(
      `${folder} holds nothing to report: there is no results.json and no audit.json. Give the folder of a finished run or audit.`,
    );
  }
  const config = await read('config.json', parseConfigText);
  const names = await onDisk('read', folder, () => readdir(folder));
  const figures = new Map<string, string>();
  for (const name of names.filter((each) => /^figure-[a-z]\.svg$/.test(each)).sort()) {
    figures.set(name, (await read(name, (text) => text)) ?? '');
  }
  const epochs = (await read('metrics.jsonl', parseMetrics)) ?? [];
  const gallery = await read(GALLERY, parseGallery);
  const training = trainingCurves(epochs, dataset);
  const page = reportPage({
    ...{ dataset, results, audit, epochs, gallery, figures },
    config: config && { ...config, data: null },
    curves: training && (await renderSvg(training)),
  });
  await writeWhole(join(folder, REPORT), page);
  return REPORT;
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
