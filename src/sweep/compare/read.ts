/** Runs' folders, as the summary takes them in. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAudit } from '../../audit/findings.js';
import { onDisk } from '../../disk/faults.js';
import { checkNamed, readText, readTextIfThere } from '../../disk/files.js';
import { UserError } from '../../errors.js';
import type { Config } from '../../experiment/config.js';
import { runConfig } from '../../experiment/finished-run.js';
import { parseMetrics } from '../../experiment/metrics.js';
import { parseResults } from '../../report/run/results.js';
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
  for (const folder of new Set(named)) {
    try {
      const run = await readRun(folder);
      if (run) runs.push(run);
      else notes.push(`${folder} is not finished: left out.`);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      notes.push(`Left out: ${error.message}`);
    }
  }
  if (runs.length === 0) {
    throw new UserError(
      [`${folders.join(', ')}: no run is finished there, so there is nothing to put together.`, ...notes].join('\n'),
    );
  }
  return { runs, notes };
}

/** The folders of runs: the one itself, those that its plan names, or those in it. */
async function runFolders(folder: string): Promise<string[]> {
  checkNamed(folder, 'The folder of a run');
  if (existsSync(join(folder, 'config.json'))) return [folder];
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
async function readRun(folder: string): Promise<FinishedRun | undefined> {
  const path = (name: string) => join(folder, name);
  const text = await readTextIfThere(path('results.json'));
  if (text === undefined) return undefined;
  const results = parseResults(text, path('results.json'));
  const config = await runConfig(folder);
  if (results.seed !== config.seed || results.dataset !== config.dataset) {
    throw new UserError(
      `${path('results.json')} is of ${results.dataset}, seed ${results.seed}, and config.json beside it of ${config.dataset}, seed ${config.seed}: they are not of one run.`,
    );
  }
  const metrics = await readText(path('metrics.jsonl'));
  const auditText = await readTextIfThere(path('audit.json'));
  const audit = auditText === undefined ? undefined : parseAudit(auditText, path('audit.json'));
  if (audit && Object.keys(audit.models).join() !== Object.keys(results.models).join()) {
    throw new UserError(`${path('audit.json')} is of other networks than results.json beside it.`);
  }
  return { folder, config, results, metrics: parseMetrics(metrics, path('metrics.jsonl')), audit };
}
