/*
 * The main job's peak memory, all threads together: the largest resident set of a process of its own that runs
 * `npm start -- mnist` with all images, both networks, all attacks, figures and an audit, but one epoch, two epsilons and
 * the audit's quick settings. More of them take time and no memory: every large array is made once.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export interface PeakMemory {
  readonly bytes: number;
  /** How long that shortened run took. */
  readonly seconds: number;
}

export async function peakMemory(workers: number): Promise<PeakMemory> {
  const child = fileURLToPath(new URL('./memory-child.js', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [child, `${workers}`]);
  return JSON.parse(stdout);
}
