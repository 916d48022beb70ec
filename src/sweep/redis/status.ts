/** What Redis knows of sweeps, and ending them. */
import { z } from 'zod';
import { list } from '../../schema.js';
import type { Store } from './connection.js';
import { keys } from './job.js';
import { type RunQueue, removeRun, withQueue } from './queue.js';

const sweepSchema = z.object({
  version: z.string().max(40),
  runs: list(z.string().regex(/^[a-z0-9-]{1,120}$/), 1),
});

/** How many of a sweep's runs are in each state; those that are gone have been collected. */
export interface SweepStatus {
  readonly name: string;
  readonly version: string;
  readonly runs: readonly string[];
  readonly counts: Readonly<Record<'waiting' | 'running' | 'finished' | 'failed' | 'collected', number>>;
}

/** Every sweep that waits to be collected, and how many workers there are. */
export async function redisStatus(store: Store): Promise<{ sweeps: SweepStatus[]; workers: number }> {
  return withQueue(store, async (queue) => {
    const sweeps: SweepStatus[] = [];
    for (const [name, text] of Object.entries(await store.redis.hgetall(keys.sweeps))) {
      const parsed = sweepSchema.safeParse(readJson(text));
      if (!parsed.success) continue; // nothing of ours
      const { version, runs } = parsed.data;
      sweeps.push({ name: name.slice(0, 200), version, runs, counts: await countsOf(queue, runs) });
    }
    return { sweeps, workers: await queue.getWorkersCount() };
  });
}

const STATES = { completed: 'finished', failed: 'failed', active: 'running', unknown: 'collected' } as const;

async function countsOf(queue: RunQueue, runs: readonly string[]): Promise<SweepStatus['counts']> {
  const counts = { waiting: 0, running: 0, finished: 0, failed: 0, collected: 0 };
  for (const id of runs) {
    const state = await queue.getJobState(id);
    counts[(STATES as Partial<Record<typeof state, keyof typeof counts>>)[state] ?? 'waiting']++;
  }
  return counts;
}

/** For how long workers and coordinators may still find out that a run was cancelled, in seconds. */
const CANCELLED_FOR = 24 * 3600;

/**
 * Ends a sweep: what waits or has failed is removed, what runs is ended by its worker within seconds. Results that wait
 * to be collected stay.
 *
 * @returns how many runs were removed, and how many will be ended
 */
export async function cancelSweep(
  store: Store,
  { name, runs }: Pick<SweepStatus, 'name' | 'runs'>,
): Promise<{ removed: number; running: number }> {
  return withQueue(store, async (queue) => {
    let [removed, running] = [0, 0];
    for (const id of runs) {
      const state = await queue.getJobState(id);
      if (state === 'completed' || state === 'unknown') continue;
      await store.redis.set(keys.cancelled(id), '1', 'EX', CANCELLED_FOR);
      if (state !== 'active' && (await removeRun(store, queue, id, ['checkpoint']))) removed++;
      else running++;
    }
    await store.redis.hdel(keys.sweeps, name);
    return { removed, running };
  });
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
