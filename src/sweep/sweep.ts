/** A sweep's folder, and what there is to do in it. */
import { join } from 'node:path';
import { makeFolder, removeUnfinished, writeWhole } from '../disk/files.js';
import { withLock } from '../lock.js';
import { formatPlan, PLAN, type PlannedRun } from './plan.js';
import { type RunState, runState } from './state.js';

/** Does work in a sweep's folder while no other sweep works in it; the plan is written first. */
export async function inSweepFolder<Result>(
  folder: string,
  runs: readonly PlannedRun[],
  work: () => Promise<Result>,
): Promise<Result> {
  await makeFolder(folder);
  const advice = 'Wait for it to end, or choose another folder with --out.';
  return await withLock({ file: join(folder, 'sweep.lock'), subject: folder, advice }, async () => {
    await removeUnfinished(folder);
    await writeWhole(join(folder, PLAN), formatPlan(runs));
    return await work();
  });
}

/**
 * How far each run is.
 *
 * @throws {UserError} if a folder holds another run than its name says
 */
export async function runStates(folder: string, runs: readonly PlannedRun[]): Promise<Map<string, RunState>> {
  const states = new Map<string, RunState>();
  for (const run of runs) states.set(run.name, await runState(join(folder, run.name), run));
  return states;
}
