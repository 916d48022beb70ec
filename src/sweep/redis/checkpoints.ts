/** What a run has left so far, taken from its folder and put into another machine's. */
import { join } from 'node:path';
import { makeFolder, readIfThere, writeWhole } from '../../disk/files.js';
import { checkpointName, networkName } from '../../experiment/folder.js';
import { parseMetrics } from '../../experiment/metrics.js';
import { decodeCheckpoint } from '../../models/safetensors.js';
import type { RuleName } from '../../rules/index.js';
import type { PlannedRun } from '../plan.js';
import type { Files } from './parcel.js';

const METRICS = 'metrics.jsonl';

const rulesOf = ({ config }: PlannedRun): RuleName[] => Object.keys(config.training) as RuleName[];

/** Whether a run's checkpoint may hold a file of this name. */
export const isCheckpointFile =
  (run: PlannedRun) =>
  (name: string): boolean =>
    name === METRICS || rulesOf(run).some((rule) => name === checkpointName(rule) || name === networkName(rule));

/**
 * The files from which a run can go on, from a folder in which it may be under way.
 *
 * They are read in the order in which a run leaves them to be found: a checkpoint that is gone has become a network, and
 * the metrics tell of every epoch that a checkpoint has had, perhaps of one more, which the run then repeats.
 *
 * @returns undefined if no epoch was finished yet
 */
export async function snapshot(folder: string, run: PlannedRun): Promise<Files | undefined> {
  const files = new Map<string, Uint8Array>();
  const names = [...rulesOf(run).map(checkpointName), ...rulesOf(run).map(networkName), METRICS];
  for (const name of names) {
    const bytes = await readIfThere(join(folder, name));
    if (bytes) files.set(name, bytes);
  }
  return files.size > 1 && files.has(METRICS) ? files : undefined;
}

/**
 * Makes a folder in which the run goes on from these files.
 *
 * @throws {UserError} if one of them is not what its name says; that it is this run's is seen when the run begins
 */
export async function restore(folder: string, run: PlannedRun, files: Files): Promise<void> {
  for (const [name, bytes] of files) {
    if (name === METRICS) parseMetrics(new TextDecoder().decode(bytes), name);
    else decodeCheckpoint(bytes, name);
  }
  await makeFolder(folder);
  for (const [name, bytes] of files) await writeWhole(join(folder, name), bytes);
  await writeWhole(join(folder, 'config.json'), `${JSON.stringify(run.config, null, 2)}\n`);
}
