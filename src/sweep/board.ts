/** What is told about many runs at once: how many run, are done and failed, and how long the rest will take. */
import type { Progress } from '../experiment/progress.js';
import { expectedSeconds } from './estimate.js';
import type { PlannedRun } from './plan.js';

/** How a run ended. */
export interface RunEnd {
  readonly name: string;
  /** Why it failed; undefined if it did not. */
  readonly failure?: string | undefined;
}

/** Told what becomes of each run, by whatever engine does them. */
export interface Board {
  started(name: string): void;
  /** @param done how much of it, in [0, 1] */
  moved(name: string, done: number): void;
  /** It runs no more, but is not at an end: another one takes it over. */
  waits(name: string): void;
  ended(name: string, failure?: string): void;
  log(line: string): void;
}

/**
 * Shows many runs as one piece of work, for as long as `work` lasts.
 *
 * @param finished how many of the sweep's runs were done before
 * @returns how each run ended, in the plan's order; those that did not end are missing
 */
export async function onBoard(
  runs: readonly PlannedRun[],
  finished: number,
  progress: Progress,
  work: (board: Board) => Promise<void>,
): Promise<RunEnd[]> {
  const cost = new Map(runs.map((run) => [run.name, expectedSeconds(run).total]));
  const total = [...cost.values()].reduce((sum, each) => sum + each, 0);
  const running = new Map<string, number>();
  const ends = new Map<string, RunEnd>();
  const title = () => {
    const failed = [...ends.values()].filter(({ failure }) => failure !== undefined).length;
    const left = runs.length - ends.size - running.size;
    const counts = [
      `${running.size} running`,
      `${finished + ends.size - failed} done`,
      ...(failed > 0 ? [`${failed} failed`] : []),
      ...(left > 0 ? [`${left} to do`] : []),
    ];
    return counts.join(', ');
  };
  await progress.during(title(), total, 0, async (update) => {
    const show = () => {
      const costOf = (name: string) => cost.get(name) ?? 0;
      const ended = [...ends.keys()].reduce((sum, name) => sum + costOf(name), 0);
      update(
        [...running].reduce((sum, [name, done]) => sum + done * costOf(name), ended),
        title(),
      );
    };
    await work({
      started(name) {
        running.set(name, 0);
        show();
      },
      moved(name, done) {
        if (ends.has(name)) return;
        running.set(name, Math.max(running.get(name) ?? 0, done));
        show();
      },
      waits(name) {
        running.delete(name);
        show();
      },
      ended(name, failure) {
        running.delete(name);
        ends.set(name, { name, failure });
        progress.log(failure === undefined ? `${name}: done` : `${name}: failed. ${failure}`);
        show();
      },
      log: (line) => progress.log(line),
    });
  });
  return runs.flatMap(({ name }) => ends.get(name) ?? []);
}
