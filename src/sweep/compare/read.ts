/** Runs' folders, as the summary takes them in. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { onDisk } from '../../disk/faults.js';
import { readTextIfThere } from '../../disk/files.js';
import { UserError } from '../../errors.js';
import type { Config } from '../../experiment/config.js';
import { checkFolder, metricsGap, noRun, readRun } from '../../experiment/run-files.js';
import { PLAN, parsePlan } from '../plan.js';
import type { Findings } from './measurements.js';

/** A finished run. */
export interface FinishedRun extends Findings {
  readonly folder: string;
  readonly config: Config;
}

export interface ReadRuns {
  readonly runs: readonly FinishedRun[];
  /** What was left out and why, in a sentence each. */
  readonly notes: readonly string[];
}

/**
 * All finished runs in some folders, each a run's own or a sweep's. What can't be read is told and left out.
 *
 * @throws {UserError} if a folder holds neither, or no run is finished
 */
export async function readRuns(folders: readonly string[]): Promise<ReadRuns> {
  const named: string[] = [];
  for (const folder of folders) named.push(...(await runFolders(folder)));
  const runs: FinishedRun[] = [];
  const notes: string[] = [];
  const errors: UserError[] = [];
  for (const folder of new Set(named)) {
    try {
      const run = await finishedRun(folder);
      if (run) runs.push(run);
      else notes.push(`${folder} is not finished: left out.`);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      errors.push(error);
      notes.push(`Left out: ${error.message}`);
    }
  }
  if (runs.length === 0) {
    if (notes.length === 1 && errors.length === 1) throw errors[0];
    throw new UserError(
      [`${folders.join(', ')}: no run is finished there, so there is nothing to put together.`, ...notes].join('\n'),
    );
  }
  return { runs, notes };
}

/** The folders of runs: the one itself, those that its plan names, or those in it. */
async function runFolders(folder: string): Promise<string[]> {
  await checkFolder(folder, 'a run or a sweep');
  if (['config.json', 'results.json'].some((name) => existsSync(join(folder, name)))) return [folder];
  const file = join(folder, PLAN);
  const plan = await readTextIfThere(file);
  if (plan !== undefined) return parsePlan(plan, file).runs.map(({ name }) => join(folder, name));
  const names = await onDisk('read', folder, () => readdir(folder));
  const found = names.map((name) => join(folder, name)).filter((each) => existsSync(join(each, 'config.json')));
  if (found.length > 0) return found.sort();
  throw new UserError(
    `${folder} holds no run, and no sweep: give a folder that the main job or \`sweep\` has written.`,
  );
}

/** @returns undefined if it is not finished */
async function finishedRun(folder: string): Promise<FinishedRun | undefined> {
  if (!existsSync(folder)) return undefined;
  const { config, results, metrics, audit } = await readRun(folder, ['config', 'results', 'metrics', 'audit']);
  if (!results) return undefined;
  if (!config) throw noRun(folder);
  const gap = metricsGap(join(folder, 'metrics.jsonl'), { config, metrics: metrics ?? [] });
  if (gap !== undefined) throw new UserError(`${gap} Restore it from a copy, or make the run again.`);
  return { folder, config, results, metrics: metrics ?? [], audit };
}
