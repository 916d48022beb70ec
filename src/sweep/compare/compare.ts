import { makeFolder } from '../../disk/files.js';
import { writeSummary } from '../../report/summary/files.js';
import type { Summary } from '../../report/summary/summary.js';
import { readRuns } from './read.js';
import { summarize } from './summarize.js';

/**
 * Puts the finished runs of some folders together and writes the summary into another one.
 *
 * @returns the summary, and the names of the files
 * @throws {UserError} if a folder holds no run, or none of them is finished
 */
export async function compareRuns(
  folders: readonly string[],
  out: string,
): Promise<{ readonly summary: Summary; readonly files: readonly string[] }> {
  const { summary, groups } = summarize(await readRuns(folders));
  const runs = groups.map(({ id, runs: own }) => {
    const results = own.map((run) => run.results);
    return [id, { results, audits: own.flatMap(({ audit }) => audit ?? []) }] as const;
  });
  await makeFolder(out);
  return { summary, files: await writeSummary(summary, new Map(runs), out) };
}
