import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../errors.js';
import { sameRun } from '../experiment/config.js';
import { readRun } from '../experiment/run-files.js';
import type { PlannedRun } from './plan.js';

/** How far a run is: done, done but for its audit, begun, or nothing of it there. */
export type RunState = 'finished' | 'to audit' | 'begun' | 'to do';

/**
 * What a run's folder holds of it.
 *
 * @throws {UserError} if it holds another run, or a finished one that can't be read
 */
export async function runState(folder: string, { config, audit }: PlannedRun): Promise<RunState> {
  if (!existsSync(folder)) return 'to do';
  const { config: begun } = await readRun(folder, ['config']);
  if (begun === undefined) return 'to do';
  if (!sameRun(begun, config)) {
    throw new UserError(
      `${folder} holds another run than its name says. Remove it, or choose another folder with --out.`,
    );
  }
  const { results } = await readRun(folder, ['config', 'results']);
  if (results === undefined) return 'begun';
  return audit === 'none' || existsSync(join(folder, 'audit.json')) ? 'finished' : 'to audit';
}
