/*
 * Measures the main job's peak memory over all threads: the largest resident set of a separate process. It runs `npm
 * start -- mnist` with all images, both networks, all attacks, figures and an audit, but with one epoch, two ε and the
 * audit's quick settings. More epochs and ε take time and no memory: every large array is allocated once.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export interface PeakMemory {
  readonly bytes: number;
  /** Seconds of this shortened run. */
  readonly seconds: number;
}

export async function peakMemory(workers: number): Promise<PeakMemory> {
  const child = fileURLToPath(new URL('./memory-child.js', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [child, `${workers}`]);
  return JSON.parse(stdout);
}
