import { anyMissing } from '../datasets/formats/files.js';
import { datasets } from '../datasets/index.js';
import type { Progress } from '../experiment/progress.js';
import type { PlannedRun } from './plan.js';

/**
 * Gets the data sets that some runs need from their usual source, before any of the runs begins: else each would fetch
 * them.
 *
 * @throws {UserError} if they can't be had
 */
export async function fetchMissing(
  runs: readonly PlannedRun[],
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const usual = runs.filter(({ config }) => config.data === null).map(({ config }) => config.dataset);
  for (const name of new Set(usual)) {
    const { files, folder, fetch } = datasets[name];
    if (await anyMissing(folder(), files)) await fetch({ onProgress: (line) => progress.log(line), signal });
  }
}
