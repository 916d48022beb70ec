/** Everything of a report that is written to disk. Each file is written to a temporary name and renamed. */
import { join } from 'node:path';
import { remove, writeWhole } from '../../disk/files.js';
import { figureA, figureB } from '../figures/accuracy.js';
import { renderPng, renderSvg } from '../figures/render.js';
import { formatCsv } from './csv.js';
import { parseResults, type Results } from './results.js';

/**
 * Writes `results.csv` and then `results.json` into an existing folder. Its `results.json` is what makes a run a finished
 * one: where that is, nothing is missing.
 *
 * @returns the names of the files
 * @throws {UserError} if the results would not read back (a share that is not a number, say); nothing is written then
 */
export async function writeResults(results: Results, folder: string): Promise<string[]> {
  const json = `${JSON.stringify(results, null, 2)}\n`;
  parseResults(json, join(folder, 'results.json'));
  await writeWhole(join(folder, 'results.csv'), formatCsv(results));
  await writeWhole(join(folder, 'results.json'), json);
  return ['results.json', 'results.csv'];
}

/**
 * Writes figures (a) and (b) into an existing folder, each as SVG and PNG. A figure without curves is not written, and
 * an earlier run's files of that name are removed.
 *
 * @returns the names of the files written
 */
export async function writeFigures(results: Results, folder: string): Promise<string[]> {
  const written: string[] = [];
  for (const [name, spec] of [
    ['figure-a', figureA(results)],
    ['figure-b', figureB(results)],
  ] as const) {
    const files = [`${name}.svg`, `${name}.png`] as const;
    if (spec === undefined) {
      await Promise.all(files.map((file) => remove(join(folder, file))));
      continue;
    }
    const svg = await renderSvg(spec);
    await writeWhole(join(folder, files[0]), svg);
    await writeWhole(join(folder, files[1]), await renderPng(svg));
    written.push(...files);
  }
  return written;
}
