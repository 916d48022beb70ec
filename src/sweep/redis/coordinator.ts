/** The engine's head: puts runs into the queue, and collects what workers make of them. Both may come and go. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { QueueEvents } from 'bullmq';
import { UserError } from '../../errors.js';
import { VERSION } from '../../version.js';
import type { Board } from '../board.js';
import type { PlannedRun } from '../plan.js';
import { snapshot } from './checkpoints.js';
import type { Store } from './connection.js';
import { jobId, keys, PREFIX, QUEUE } from './job.js';
import { putParcel, takeParcel } from './parcel.js';
import { addRun, asksFor, findJob, type RunQueue, removeRun, withQueue } from './queue.js';
import { isResultFile, writeRun } from './results.js';

/** Milliseconds between two looks at all runs, should an event have been missed. */
const LOOK_EVERY = 10_000;
/** How often a run is done again whose results came damaged. */
const MOST_DAMAGED = 3;

export interface CollectSettings {
  /** The sweep's folder. */
  readonly folder: string;
  /** What the sweep goes by in Redis. */
  readonly sweep: string;
  /** The digest of data of one's own, by the run's name. */
  readonly digests: ReadonlyMap<string, string | null>;
  readonly board: Board;
  readonly signal: AbortSignal;
}

/**
 * Enqueues runs and collects them, until none is left.
 *
 * @throws {UserError} if Redis holds one of the runs from another version
 * @throws the signal's reason if it was aborted; the runs then go on
 */
export async function collectRuns(store: Store, runs: readonly PlannedRun[], settings: CollectSettings): Promise<void> {
  await withQueue(store, async (queue) => {
    const { QueueEvents: BullEvents } = await import('bullmq');
    const { redis } = store;
    const { sweep, signal } = settings;
    const events: QueueEvents = new BullEvents(QUEUE, { connection: store.duplicate(), prefix: PREFIX });
    events.on('error', () => {});
    await events.waitUntilReady();
    const collector = new Collector(store, queue, runs, settings);
    events.on('active', ({ jobId: id }) => collector.heard(id, 'active'));
    events.on('completed', ({ jobId: id }) => collector.heard(id, 'ended'));
    events.on('failed', ({ jobId: id }) => collector.heard(id, 'ended'));
    events.on('stalled', ({ jobId: id }) => collector.heard(id, 'stalled'));
    events.on('waiting', ({ jobId: id }) => collector.heard(id, 'stalled'));
    events.on('progress', ({ jobId: id, data }) => collector.moved(id, data));
    try {
      const listed = { schema: 1, version: VERSION, runs: runs.map(jobId) };
      await redis.hset(keys.sweeps, sweep, JSON.stringify(listed));
      await collector.collect();
      await redis.hdel(keys.sweeps, sweep);
    } finally {
      await Promise.race([events.close(), sleep(1000, undefined, { ref: false })]);
      if (signal.aborted) signal.throwIfAborted();
    }
  });
}

class Collector {
  /** By job id: what is not at an end. */
  private readonly open: Map<string, PlannedRun>;
  private readonly damaged = new Map<string, number>();
  /** Ids that something is known to have happened to. */
  private news = new Set<string>();
  private wake: () => void = () => {};

  constructor(
    private readonly store: Store,
    private readonly queue: RunQueue,
    runs: readonly PlannedRun[],
    private readonly settings: CollectSettings,
  ) {
    this.open = new Map(runs.map((run) => [jobId(run), run]));
  }

  /** Told of an event in the queue. */
  heard(id: string, what: 'active' | 'stalled' | 'ended'): void {
    const run = this.open.get(id);
    if (!run) return;
    if (what === 'active') this.settings.board.started(run.name);
    else if (what === 'stalled') this.settings.board.waits(run.name);
    else {
      this.news.add(id);
      this.wake();
    }
  }

  moved(id: string, done: unknown): void {
    const run = this.open.get(id);
    if (run && typeof done === 'number' && done >= 0 && done <= 1) this.settings.board.moved(run.name, done);
  }

  async collect(): Promise<void> {
    const { signal } = this.settings;
    for (const run of this.open.values()) await this.enqueue(run);
    while (this.open.size > 0) {
      signal.throwIfAborted();
      const ids = this.news.size > 0 ? [...this.news] : [...this.open.keys()];
      this.news = new Set();
      for (const id of ids) {
        signal.throwIfAborted();
        const run = this.open.get(id);
        if (run) await this.look(id, run);
      }
      if (this.open.size > 0 && this.news.size === 0) await this.wait();
    }
  }

  /** Until something is heard, or it is time to look at all. */
  private async wait(): Promise<void> {
    const { signal } = this.settings;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, LOOK_EVERY);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
      signal.addEventListener('abort', this.wake, { once: true });
    });
    signal.removeEventListener('abort', this.wake);
  }

  /** Puts a run into the queue, unless it is there; what failed before is tried again. */
  private async enqueue(run: PlannedRun): Promise<void> {
    const id = jobId(run);
    const asked = { run, data: this.settings.digests.get(run.name) ?? null };
    const job = await findJob(this.queue, id);
    const state = job ? await job.getState() : 'unknown';
    if (job && state !== 'failed' && !asksFor(job, asked)) {
      const { version } = (job.data ?? {}) as { readonly version?: unknown };
      if (state !== 'completed' && version !== VERSION) {
        throw new UserError(
          `${run.name} is in Redis already, asked for by weight-transport ${JSON.stringify(version)}; this is ${VERSION}. Use the same version everywhere, or end the others with \`sweep cancel\` first.`,
        );
      }
    } else if (job && state !== 'failed') {
      if (state === 'active') this.settings.board.started(run.name);
      return;
    }
    await removeRun(this.store, this.queue, id, ['results']);
    await this.store.redis.del(keys.cancelled(id));
    await this.sendCheckpoint(run);
    await addRun(this.queue, asked);
  }

  /** What this machine has of a run that was begun here goes along, unless another one has got further. */
  private async sendCheckpoint(run: PlannedRun): Promise<void> {
    const key = keys.checkpoint(jobId(run));
    if (await this.store.redis.exists(key)) return;
    const files = await snapshot(join(this.settings.folder, run.name), run);
    if (files) await putParcel(this.store.redis, key, files);
  }

  /** Looks how far a run is, and collects it if it is at its end. */
  private async look(id: string, run: PlannedRun): Promise<void> {
    const { board } = this.settings;
    const state = await this.queue.getJobState(id);
    if (state === 'active') board.started(run.name);
    else if (state === 'unknown') {
      if (await this.store.redis.exists(keys.cancelled(id))) this.end(id, run, 'It was cancelled.');
      else await this.enqueue(run); // another coordinator has collected it
    } else if (state === 'completed') await this.take(id, run);
    else if (state === 'failed') {
      const job = await findJob(this.queue, id);
      const reason = (job?.failedReason ?? 'Nobody knows why.').slice(0, 4000);
      if (/\bOOM\b/.test(reason))
        await this.enqueue(run); // it is no fault of the run's that Redis was full
      else this.end(id, run, reason);
    }
  }

  /** Writes a run's results into its folder; damaged ones are asked for again. */
  private async take(id: string, run: PlannedRun): Promise<void> {
    const { store, queue } = this;
    const { folder, board } = this.settings;
    try {
      const files = await takeParcel(store.redis, keys.results(id), isResultFile(run));
      if (!files) throw new UserError('They are not there.');
      await writeRun(join(folder, run.name), run, files);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      const times = (this.damaged.get(id) ?? 0) + 1;
      this.damaged.set(id, times);
      await removeRun(store, queue, id, ['results']);
      if (times >= MOST_DAMAGED) {
        this.end(id, run, `Its results came damaged ${times} times. ${error.message}`);
        return;
      }
      board.log(`${run.name}: its results are not usable, and it is done again. ${error.message}`);
      board.waits(run.name);
      await this.enqueue(run);
      return;
    }
    await removeRun(store, queue, id, ['results', 'checkpoint']);
    this.end(id, run);
  }

  private end(id: string, run: PlannedRun, failure?: string): void {
    this.open.delete(id);
    this.settings.board.ended(run.name, failure);
  }
}
