import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import { newCrew, progressOf, stopCrew } from '../crew/shared-crew.js';
import { UserError } from '../errors.js';
import { Heap } from '../tensor/heap.js';
import type { Backend } from '../tensor/kernels.js';
import type { Message } from './messages.js';
import type { Answer, Job, TaskName, Value } from './tasks.js';

/** How one job is run. */
export interface JobOptions {
  /** How many workers take part; all of them by default. */
  readonly members?: number;
  /** Called about five times a second with the units of progress that the crew has counted so far. */
  readonly onProgress?: (done: number) => void;
}

/** How often progress is looked at, in milliseconds. */
const PROGRESS_INTERVAL = 200;

/**
 * Worker threads (piscina) over one shared heap. A job is run by a crew: every worker gets the same task once, and
 * they share out its pieces among themselves, so that nothing is sent or received while it lasts.
 */
export class WorkerPool {
  private readonly piscina: Piscina;
  private closed = false;
  /** The jobs under way, and how many threads each has taken. */
  private readonly underWay = new Set<{ readonly task: TaskName; readonly members: number }>();
  /** Why a thread could not begin its work; such a pool is closed. */
  private failure: UserError | undefined;

  /** @throws {UserError} if the system refuses so many threads */
  constructor(
    readonly size: number,
    readonly backend: Backend,
    readonly heap = new Heap(),
  ) {
    try {
      this.piscina = new Piscina({
        filename: new URL('../../workers/entry.cjs', import.meta.url).href,
        minThreads: size,
        maxThreads: size,
        concurrentTasksPerWorker: 1,
        execArgv: [], // workers need none of the loaders that a test runner gives this process
      });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ERR_WORKER_INIT_FAILED') throw error;
      throw startFailure(size, error as Error);
    }
    this.piscina.on('error', (error) => {
      // Of a thread that has no task yet: one may be waiting for it, and would for ever.
      this.failure ??= startFailure(size, error);
      void this.close();
    });
  }

  /**
   * Runs one task on every member of a crew.
   *
   * @returns what each member returned, by rank
   * @throws the error of the first member that failed; the others are stopped
   * @throws {UserError} if a thread could not begin its work
   * @throws {Error} if the pool is closed, or has not that many threads free: two crews would wait for each other's
   */
  async run<Name extends TaskName>(task: Name, job: Job<Name>, options: JobOptions = {}): Promise<Value<Name>[]> {
    if (this.closed) throw this.failure ?? new Error(`${task}: the pool is closed`);
    const { members = this.size } = options;
    const free = [...this.underWay].reduce((left, other) => left - other.members, this.size);
    if (members > free) {
      const others = [...this.underWay].map((other) => other.task).join(', ');
      throw new Error(`${task}: the pool is busy with ${others}; ${free} of its ${this.size} threads are free`);
    }
    const own = { task, members };
    this.underWay.add(own);
    try {
      return await this.runCrew(task, job, members, options.onProgress);
    } finally {
      this.underWay.delete(own);
    }
  }

  private async runCrew<Name extends TaskName>(
    task: Name,
    job: Job<Name>,
    members: number,
    onProgress: JobOptions['onProgress'],
  ): Promise<Value<Name>[]> {
    const crew = newCrew(members, availableParallelism());
    const watch = onProgress && setInterval(() => onProgress(progressOf(crew)), PROGRESS_INTERVAL);
    let failure: { error: unknown } | undefined;
    const answers = Array.from({ length: members }, async (_, rank): Promise<Answer<Value<Name>>> => {
      const message: Message<Name, Job<Name>> = {
        task,
        memory: this.heap.memory,
        backend: this.backend,
        crew,
        rank,
        job,
      };
      try {
        return await this.piscina.run(message);
      } catch (error) {
        failure ??= { error };
        stopCrew(crew);
        return { stopped: true };
      }
    });
    const finished = await Promise.all(answers);
    clearInterval(watch);
    if (this.failure) throw this.failure;
    if (failure) throw failure.error;
    if (this.closed) throw new Error(`${task}: the pool was closed`);
    onProgress?.(progressOf(crew));
    return finished.map((answer) => {
      if ('stopped' in answer) throw new Error(`${task}: a worker was stopped although none failed`);
      return answer.value;
    });
  }

  /** Ends all threads at once, whatever they are doing, and for good: the job under way fails, and so does any later. */
  async close(): Promise<void> {
    this.closed = true;
    await this.piscina.destroy();
  }
}

/**
 * Does work with a pool of workers, which ends with it, or at once if the signal is aborted.
 */
export async function withPool<Result>(
  workers: number,
  backend: Backend,
  signal: AbortSignal | undefined,
  work: (pool: WorkerPool) => Promise<Result>,
): Promise<Result> {
  const pool = new WorkerPool(workers, backend);
  const stop = () => void pool.close();
  signal?.addEventListener('abort', stop, { once: true });
  try {
    signal?.throwIfAborted();
    return await work(pool);
  } finally {
    signal?.removeEventListener('abort', stop);
    await pool.close();
  }
}

const startFailure = (size: number, { message }: Error): UserError =>
  new UserError(
    `The system refuses to start ${size} worker threads (${message}). Give fewer with --workers, or raise its limits on threads and memory.`,
  );
