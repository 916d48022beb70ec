/** Everything of a report that is written to disk. Each file is written to a temporary name and renamed. */
import { join } from 'node:path';
import { writeWhole } from '../../disk/files.js';
import { figureA, figureB } from '../figures/accuracy.js';
import { type EpochAngles, figureD } from '../figures/alignment.js';
import { figureE } from '../figures/depth.js';
import { drawInto } from '../figures/draw.js';
import { formatCsv } from './csv.js';
import { parseResults, type Results } from './results.js';

/**
 * Writes `results.csv` and then `results.json` into an existing folder. Its `results.json` is what makes a run a finished
 * one: where that is, nothing is missing.
 *
 * @param others writes whatever else is to be there by then, and names it
 * @returns the names of the files
 * @throws {UserError} if the results would not read back (a share that is not a number, say); nothing is written then
 */
export async function writeResults(
  results: Results,
  folder: string,
  others: () => Promise<readonly string[]> = async () => [],
): Promise<string[]> {
  const json = `${JSON.stringify(results, null, 2)}\n`;
  parseResults(json, join(folder, 'results.json'));
  await writeWhole(join(folder, 'results.csv'), formatCsv(results));
  const more = await others();
  await writeWhole(join(folder, 'results.json'), json);
  return ['results.json', 'results.csv', ...more];
}

/**
 * Writes figures (a), (b), (d) and (e) into an existing folder.
 *
 * @param epochs what the run's `metrics.jsonl` says
 * @returns the names of the files written
 */
export const writeFigures = (results: Results, epochs: readonly EpochAngles[], folder: string): Promise<string[]> =>
  drawInto(folder, {
    'figure-a': figureA(results),
    'figure-b': figureB(results),
    'figure-d': figureD(epochs, results),
    'figure-e': figureE(epochs, results),
  });
