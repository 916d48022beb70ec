import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readTextIfThere } from '../disk/files.js';
import { UserError } from '../errors.js';
import { parseConfigText } from '../experiment/config.js';
import { parseResults } from '../report/run/results.js';
import { type PlannedRun, sameRun } from './plan.js';

/** How far a run is: done, done but for its audit, begun, or nothing of it there. */
export type RunState = 'finished' | 'to audit' | 'begun' | 'to do';

/**
 * What a run's folder holds of it.
 *
 * @throws {UserError} if it holds another run, or a finished one that can't be read
 */
export async function runState(folder: string, { config, audit }: PlannedRun): Promise<RunState> {
  const file = join(folder, 'config.json');
  const text = await readTextIfThere(file);
  if (text === undefined) return 'to do';
  if (!sameRun(parseConfigText(text, file), config)) {
    throw new UserError(
      `${folder} holds another run than its name says. Remove it, or choose another folder with --out.`,
    );
  }
  const results = await readTextIfThere(join(folder, 'results.json'));
  if (results === undefined) return 'begun';
  parseResults(results, join(folder, 'results.json'));
  return audit === 'none' || existsSync(join(folder, 'audit.json')) ? 'finished' : 'to audit';
}
