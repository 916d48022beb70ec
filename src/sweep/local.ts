/** The engine of one machine: some children at a time. */
import { join } from 'node:path';
import type { Board } from './board.js';
import { runInChild } from './child.js';
import { Cores } from './cores.js';
import type { ChildMessage } from './messages.js';
import { PLAN, type PlannedRun } from './plan.js';

export interface LocalSettings {
  /** The sweep's folder, with the plan in it. */
  readonly folder: string;
  /** How many runs at a time, and how many cores they share. */
  readonly jobs: number;
  readonly cores: number;
  readonly board: Board;
  readonly signal: AbortSignal;
}

/**
 * Does all runs, in their order. One that fails holds up no other.
 *
 * @throws the signal's reason if it was aborted, once all children have ended
 */
export async function runHere(runs: readonly PlannedRun[], settings: LocalSettings): Promise<void> {
  const { folder, jobs, board, signal } = settings;
  const waiting = [...runs];
  const cores = new Cores(settings.cores, jobs);
  const plan = join(folder, PLAN);
  const work = async () => {
    for (let run = waiting.shift(); run && !signal.aborted; run = waiting.shift()) {
      const { name } = run;
      const part = cores.take(waiting.length);
      board.started(name);
      const onMessage = (message: ChildMessage) => {
        if ('done' in message) board.moved(name, message.done);
        if ('notice' in message) board.log(`${name}: ${message.notice}`);
      };
      const failure = await runInChild({ plan, name, out: join(folder, name), part, onMessage, signal });
      cores.give(part);
      if (waiting.length === 0) cores.shareRest();
      if (!signal.aborted) board.ended(name, failure);
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  signal.throwIfAborted();
}
