/** The engine's hands: takes runs from the queue, does each in a child, and sends back what it leaves. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Worker } from 'bullmq';
import { writeWhole } from '../../disk/files.js';
import { UserError } from '../../errors.js';
import type { Config } from '../../experiment/config.js';
import { defaultBackend } from '../../tensor/backends.js';
import { VERSION } from '../../version.js';
import { runInChild } from '../child.js';
import { Cores, type Part } from '../cores.js';
import { dataDigest } from '../data-digest.js';
import type { ChildMessage } from '../messages.js';
import { formatPlan, PLAN, type PlannedRun } from '../plan.js';
import { isCheckpointFile, restore, snapshot } from './checkpoints.js';
import { isFull, isNearlyFull, type Store } from './connection.js';
import { keys, PREFIX, parseJob, QUEUE } from './job.js';
import { type Files, putParcel, takeParcel } from './parcel.js';
import { type JobResult, type QueuedRun, type RunQueue, withQueue } from './queue.js';
import { isResultFile, resultsIn } from './results.js';

/*
 * How long a lock lasts, how often jobs without one are looked for, and how often a job may lose its worker before it
 * counts as failed: settings that hold where workers are killed at random (test/sweep/redis).
 */
const LOCK = 60_000;
const STALLED_CHECK = 15_000;
const MOST_STALLS = 20;

/** Milliseconds between two looks at progress and cancellations, and at Redis' memory. */
const TELL_EVERY = 2000;
const LOOK_AT_MEMORY_EVERY = 5000;
/** Milliseconds after which a run that follows another one has begun. */
const NEXT_RUN = 2000;
/** Milliseconds until results are offered again to a Redis that is full. */
const OFFER_EVERY = 5000;
/** Seconds for which a checkpoint is kept that nobody goes on from. */
const CHECKPOINT_LIFE = 30 * 24 * 3600;

export interface WorkerSettings {
  readonly jobs: number;
  readonly cores: number;
  /** Folders with data of one's own, by data set. */
  readonly data: ReadonlyMap<Config['dataset'], string>;
  readonly log: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Takes runs until the signal is aborted; those under way are then given back, to go on from their last epoch. */
export async function workOn(store: Store, settings: WorkerSettings): Promise<void> {
  await withQueue(store, async (queue) => {
    const { Worker: BullWorker } = await import('bullmq');
    const { jobs, log, signal } = settings;
    const cores = new Cores(settings.cores, jobs);
    const worker: Worker = new BullWorker(
      QUEUE,
      (job: QueuedRun, token?: string, lost?: AbortSignal) =>
        processJob({ ...settings, store, queue, cores }, job, token, lost),
      {
        connection: store.redis,
        prefix: PREFIX,
        concurrency: jobs,
        lockDuration: LOCK,
        stalledInterval: STALLED_CHECK,
        maxStalledCount: MOST_STALLS,
      },
    );
    worker.on('error', (error) => {
      if (isFull(error)) log('Redis has no memory left: it refuses what is sent to it.');
    });
    // Whoever has lost a lock must not go on: another worker may do the run by now.
    worker.on('lockRenewalFailed', (ids) => {
      for (const id of ids) worker.cancelJob(id, 'lost');
    });
    const guard = guardMemory(store, worker, log);
    try {
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
    } finally {
      clearInterval(guard);
      await worker.close();
    }
  });
}

/** Takes no new run while Redis is nearly full. */
function guardMemory({ redis }: Store, worker: Worker, log: (line: string) => void): NodeJS.Timeout {
  let full = false;
  const look = async () => {
    if (redis.status !== 'ready') return;
    const nearly = await isNearlyFull(redis).catch(() => full);
    if (nearly === full) return;
    full = nearly;
    if (full) {
      log('Redis has used over 80 % of its memory: no new run is taken until results have been collected.');
      await worker.pause(true);
    } else {
      log('Redis has room again.');
      await worker.resume();
    }
  };
  void look();
  return setInterval(() => void look().catch(() => {}), LOOK_AT_MEMORY_EVERY);
}

interface Context extends Omit<WorkerSettings, 'cores'> {
  readonly store: Store;
  readonly queue: RunQueue;
  readonly cores: Cores;
}

/** Why a run ends before its time. */
type Stop = 'lost' | 'cancelled' | 'leaving';

async function processJob(
  context: Context,
  job: QueuedRun,
  token: string | undefined,
  lost: AbortSignal | undefined,
): Promise<JobResult> {
  const { UnrecoverableError, WaitingError } = await import('bullmq');
  const { cores, queue, log, signal } = context;
  const id = job.id as string;
  const stopped = new AbortController();
  const stop = (why: Stop) => stopped.abort(why);
  lost?.addEventListener('abort', () => stop('lost'), { once: true });
  const leave = () => stop('leaving');
  signal.addEventListener('abort', leave, { once: true });
  if (signal.aborted) leave();
  const part = cores.take(await queue.getWaitingCount().catch(() => 0));
  let folder: string | undefined;
  try {
    const run = await accept(context, job);
    folder = await mkdtemp(join(tmpdir(), 'weight-transport-'));
    log(`${run.name}: begun, ${part.cores} ${part.cores === 1 ? 'core' : 'cores'}`);
    const failure = await doRun(context, { run, id, job, folder, part, stop, signal: stopped.signal });
    if (failure !== undefined) throw new UserError(failure);
    log(`${run.name}: done`);
    return { version: VERSION };
  } catch (error) {
    const why = stopped.signal.aborted ? (stopped.signal.reason as Stop) : undefined;
    if (why === 'leaving') {
      await job.moveToWait(token);
      throw new WaitingError();
    }
    if (why === 'lost') {
      log(`${id}: its lock was lost, and another worker goes on with it`);
      throw new Error('the lock was lost');
    }
    const message = why === 'cancelled' ? 'It was cancelled.' : (error as Error).message;
    log(`${id}: failed. ${message}`);
    throw new UnrecoverableError(message);
  } finally {
    signal.removeEventListener('abort', leave);
    cores.give(part);
    const shareRest = (waiting: number) => (waiting === 0 ? cores.shareRest() : undefined);
    setTimeout(() => void queue.getWaitingCount().then(shareRest, () => {}), NEXT_RUN).unref();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true }).catch(() => {});
  }
}

/**
 * The run that a job asks for, with this machine's path to its data.
 *
 * @throws {UserError} if it is not for this worker
 */
async function accept({ data: folders }: Context, job: QueuedRun): Promise<PlannedRun> {
  const { run, data } = parseJob(job.data, job.id);
  const { dataset, backend } = run.config;
  if (backend === 'simd' && defaultBackend() !== 'simd') {
    throw new UserError('The run asks for the kernels simd, which the worker lacks: its WebAssembly has no SIMD.');
  }
  if (data === null) return run;
  const folder = folders.get(dataset);
  const how = `Start it with --data ${dataset}=FOLDER`;
  if (folder === undefined) {
    throw new UserError(`The run asks for ${dataset} images of one's own, which the worker was not given. ${how}.`);
  }
  const found = await dataDigest({ dataset, data: folder });
  if (found !== data) {
    throw new UserError(
      `The run asks for ${dataset} images with the digest ${data.slice(0, 12)}…; those that the worker was given have ${found?.slice(0, 12)}…. ${how} of the same images.`,
    );
  }
  return { ...run, config: { ...run.config, data: folder } };
}

interface Doing {
  readonly run: PlannedRun;
  readonly id: string;
  readonly job: QueuedRun;
  readonly folder: string;
  readonly part: Part;
  readonly stop: (why: Stop) => void;
  readonly signal: AbortSignal;
}

/** Does the run, from its last checkpoint if there is one. @returns why it failed, in words */
async function doRun(context: Context, doing: Doing): Promise<string | undefined> {
  const { redis } = context.store;
  const { run, id, folder, signal } = doing;
  // Done before, by a worker that could not say so any more.
  if (await takeParcel(redis, keys.results(id), isResultFile(run)).catch(() => undefined)) return undefined;
  const plan = join(folder, PLAN);
  await writeWhole(plan, formatPlan([run]));
  const out = join(folder, run.name);
  const wentOn = await goOn(context, doing, out);
  let failure = await follow(context, doing, plan, out);
  if (failure !== undefined && wentOn && !signal.aborted) {
    context.log(`${run.name}: could not go on from its checkpoint, and begins anew. ${failure}`);
    await rm(out, { recursive: true, force: true });
    failure = await follow(context, doing, plan, out);
  }
  if (failure !== undefined) return failure;
  await deliver(context, doing, await resultsIn(out, run));
  await redis.del(keys.checkpoint(id)).catch(() => {});
  return undefined;
}

/** Puts the run's checkpoint into its folder; one that is damaged is as good as none. @returns whether there was one */
async function goOn({ store, log }: Context, { run, id }: Doing, out: string): Promise<boolean> {
  try {
    const files = await takeParcel(store.redis, keys.checkpoint(id), isCheckpointFile(run));
    if (!files) return false;
    await restore(out, run, files);
    return true;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    log(`${run.name}: its checkpoint is not used. ${error.message}`);
    await rm(out, { recursive: true, force: true });
    return false;
  }
}

/** Follows a child: sends a checkpoint after each epoch, tells how far it is, and ends it when it is cancelled. */
async function follow(context: Context, doing: Doing, plan: string, out: string): Promise<string | undefined> {
  const { store, log } = context;
  const { run, id, job, part, stop, signal } = doing;
  const { redis } = store;
  let done = 0;
  let sending: Promise<void> | undefined;
  let again = false;
  const send = async () => {
    do {
      again = false;
      const files = await snapshot(out, run);
      if (files) await putParcel(redis, keys.checkpoint(id), files, CHECKPOINT_LIFE);
    } while (again && !signal.aborted);
  };
  const onMessage = (message: ChildMessage) => {
    if ('done' in message) done = message.done;
    if ('notice' in message) log(`${run.name}: ${message.notice}`);
    if (!('line' in message) || signal.aborted) return;
    again = true;
    sending ??= send()
      .catch((error: Error) => {
        if (!isFull(error)) log(`${run.name}: a checkpoint could not be sent (${error.message})`);
      })
      .finally(() => {
        sending = undefined;
      });
  };
  let telling = false;
  let told = -1;
  const tell = async () => {
    if (telling || redis.status !== 'ready') return; // while Redis is gone, nothing piles up
    telling = true;
    try {
      if (await redis.exists(keys.cancelled(id))) stop('cancelled');
      if (done !== told) await job.updateProgress(done);
      told = done;
    } catch {
      // A full Redis, say: it is told next time.
    } finally {
      telling = false;
    }
  };
  const teller = setInterval(() => void tell(), TELL_EVERY);
  try {
    const failure = await runInChild({ plan, name: run.name, out, part, figures: false, onMessage, signal });
    signal.throwIfAborted();
    return failure;
  } finally {
    clearInterval(teller);
    if (!signal.aborted) await sending;
  }
}

/** Puts the results where they are collected, however long a full Redis may take to have room. */
async function deliver({ store, log }: Context, { run, id, signal }: Doing, files: Files): Promise<void> {
  for (let told = false; ; told = true) {
    signal.throwIfAborted();
    try {
      await putParcel(store.redis, keys.results(id), files);
      return;
    } catch (error) {
      if (!isFull(error)) throw error;
      if (!told) log(`${run.name}: Redis has no memory left for its results: waiting until some have been collected.`);
      await sleep(OFFER_EVERY, undefined, { signal });
    }
  }
}
