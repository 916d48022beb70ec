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
  /**
   * How many workers take part. By default it is all of them, and whoever joins the pool meanwhile: of a job whose members
   * wait for each other the number must be said.
   */
  readonly members?: number;
  /** Called about five times a second with the units of progress that the crew has counted so far. */
  readonly onProgress?: (done: number) => void;
}

/** How often progress is looked at, in milliseconds. */
const PROGRESS_INTERVAL = 200;

/** Threads that began together. */
interface Threads {
  readonly piscina: Piscina;
  readonly count: number;
  /** How many of them have nothing to do. */
  idle: number;
}

interface JobUnderWay {
  readonly task: TaskName;
  /** Gives it one more member; undefined where their number was said. */
  readonly join: (() => void) | undefined;
}

/**
 * Worker threads (piscina) over one shared heap. A job is run by a crew: every worker gets the same task once, and
 * they share out its pieces among themselves, so that nothing is sent or received while it lasts.
 */
export class WorkerPool {
  private readonly threads: Threads[] = [];
  /** How many workers its memory holds: it grows no further. */
  most = Number.POSITIVE_INFINITY;
  private closed = false;
  private ended: Promise<unknown> | undefined;
  private readonly underWay = new Set<JobUnderWay>();
  /** Why a thread could not begin its work; such a pool is closed. */
  private failure: UserError | undefined;

  /** @throws {UserError} if the system refuses so many threads */
  constructor(
    size: number,
    readonly backend: Backend,
    readonly heap = new Heap(),
  ) {
    this.begin(size);
  }

  /** How many workers there are. */
  get size(): number {
    return this.threads.reduce((sum, { count }) => sum + count, 0);
  }

  private get free(): number {
    return this.threads.reduce((sum, { idle }) => sum + idle, 0);
  }

  /**
   * Takes on more workers, who join the jobs under way that are everybody's. Fewer than there are is no request, and
   * where the system refuses more threads, those that are there go on.
   */
  grow(size: number): void {
    try {
      while (!this.closed && this.size < Math.min(size, this.most)) this.begin(1, true);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
    }
    for (const { join } of this.underWay) while (join && this.free > 0) join();
  }

  /** @param late whether work goes on without them, should they not begin theirs */
  private begin(count: number, late = false): void {
    let piscina: Piscina;
    try {
      piscina = new Piscina({
        filename: new URL('../../workers/entry.cjs', import.meta.url).href,
        minThreads: count,
        maxThreads: count,
        concurrentTasksPerWorker: 1,
        execArgv: [], // workers need none of the loaders that a test runner gives this process
      });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ERR_WORKER_INIT_FAILED') throw error;
      throw startFailure(this.size + count, error as Error);
    }
    const own: Threads = { piscina, count, idle: count };
    this.threads.push(own);
    piscina.on('error', (error) => {
      if (late && own.idle === count) {
        this.threads.splice(this.threads.indexOf(own), 1);
        void piscina.destroy();
        return;
      }
      // Of a thread that has no task yet: one may be waiting for it, and would for ever.
      this.failure ??= startFailure(this.size, error);
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
    if (members > this.free) {
      const others = [...this.underWay].map((other) => other.task).join(', ');
      throw new Error(`${task}: the pool is busy with ${others}; ${this.free} of its ${this.size} threads are free`);
    }
    const crew = newCrew(members, availableParallelism());
    const answers: Promise<Answer<Value<Name>>>[] = [];
    let failure: { error: unknown } | undefined;
    const join = () => {
      const message = { task, memory: this.heap.memory, backend: this.backend, crew, rank: answers.length, job };
      const answer = this.perform(message).catch((error): Answer<Value<Name>> => {
        failure ??= { error };
        stopCrew(crew);
        return { stopped: true };
      });
      answers.push(answer);
    };
    for (let member = 0; member < members; member++) join();
    const own = { task, join: options.members === undefined ? join : undefined };
    this.underWay.add(own);
    const { onProgress } = options;
    const watch = onProgress && setInterval(() => onProgress(progressOf(crew)), PROGRESS_INTERVAL);
    const finished: Answer<Value<Name>>[] = [];
    while (finished.length < answers.length) finished.push(await answers[finished.length]); // some may join meanwhile
    clearInterval(watch);
    this.underWay.delete(own);
    if (this.failure) throw this.failure;
    if (failure) throw failure.error;
    if (this.closed) throw new Error(`${task}: the pool was closed`);
    onProgress?.(progressOf(crew));
    return finished.map((answer) => {
      if ('stopped' in answer) throw new Error(`${task}: a worker was stopped although none failed`);
      return answer.value;
    });
  }

  /** Has a thread that is free do what a message asks. */
  private async perform<Name extends TaskName>(message: Message<Name, Job<Name>>): Promise<Answer<Value<Name>>> {
    const threads = this.threads.find(({ idle }) => idle > 0);
    if (!threads) throw new Error(`${message.task}: no thread is free`);
    threads.idle--;
    try {
      return await threads.piscina.run(message);
    } finally {
      threads.idle++;
    }
  }

  /** Ends all threads at once, whatever they are doing, and for good: the job under way fails, and so does any later. */
  async close(): Promise<void> {
    this.closed = true;
    // Once: a pool of piscina's that is destroyed while it is being destroyed starts threads again.
    this.ended ??= Promise.all(this.threads.map(({ piscina }) => piscina.destroy()));
    await this.ended;
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
