/** The queue of runs, as BullMQ keeps it in Redis. */

import { isDeepStrictEqual } from 'node:util';
import type { Job, Queue } from 'bullmq';
import type { Store } from './connection.js';
import { formatJob, jobId, keys, PREFIX, QUEUE, type RunJob } from './job.js';

/** What a job returns: its results lie beside it. */
export interface JobResult {
  readonly version: string;
}

export type RunQueue = Queue<ReturnType<typeof formatJob>, JobResult>;
export type QueuedRun = Job<ReturnType<typeof formatJob>, JobResult>;

/** Does work with the queue. */
export async function withQueue<Result>(store: Store, work: (queue: RunQueue) => Promise<Result>): Promise<Result> {
  const { Queue: BullQueue } = await import('bullmq');
  const queue: RunQueue = new BullQueue(QUEUE, { connection: store.redis, prefix: PREFIX });
  queue.on('error', () => {}); // the connection tells of its own
  return await work(queue);
}

/**
 * The job of this id.
 *
 * @returns undefined if there is none, or one that can't be read
 */
export async function findJob(queue: RunQueue, id: string): Promise<QueuedRun | undefined> {
  try {
    return (await queue.getJob(id)) as QueuedRun | undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined; // no JSON
    throw error;
  }
}

/** Whether the job asks for the same, of the same version. */
export const asksFor = (job: QueuedRun, run: Omit<RunJob, 'version'>): boolean =>
  isDeepStrictEqual(job.data, JSON.parse(JSON.stringify(formatJob(run))));

/** Adds a run, unless it is there: one id is one job. */
export async function addRun(queue: RunQueue, run: Omit<RunJob, 'version'>): Promise<void> {
  await queue.add('run', formatJob(run), { jobId: jobId(run.run), attempts: 1 });
}

/** Removes a run's job, unless a worker holds it, and what goes with it. @returns whether it is gone */
export async function removeRun(store: Store, queue: RunQueue, id: string, also: ('checkpoint' | 'results')[]) {
  for (const kind of also) await store.redis.del(keys[kind](id)); // first: a full Redis has room again
  return (await queue.remove(id)) === 1 || (await queue.getJobState(id)) === 'unknown';
}
