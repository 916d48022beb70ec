import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import { newCrew, progressOf, stopCrew } from '../crew/shared-crew.js';
import { UserError } from '../errors.js';
import { addressSpace, GUARDED_MEMORY_BYTES, gigabytes, limitText, unguarded } from '../tensor/address-space.js';
import { Heap, MOST_BYTES } from '../tensor/heap.js';
import type { Backend } from '../tensor/kernels.js';
import type { Message } from './messages.js';
import type { Answer, Job, TaskName, Value } from './tasks.js';

/** The options of a job. */
export interface JobOptions {
  /**
   * The number of workers that take part. Default: all, and workers that join the pool during the job. A job whose
   * members wait for each other needs this number.
   */
  readonly members?: number;
  /** Called about five times a second with the units of progress that the crew has counted so far. */
  readonly onProgress?: (done: number) => void;
}

/** Milliseconds between two checks of the progress. */
const PROGRESS_INTERVAL = 200;

/** Threads that were started together. */
interface Threads {
  readonly piscina: Piscina;
  readonly count: number;
  /** The number of these threads without a task. */
  idle: number;
}

interface JobUnderWay {
  readonly task: TaskName;
  /** Adds a member to the job; undefined for a job with a fixed number of members. */
  readonly join: (() => void) | undefined;
}

/**
 * Worker threads (piscina) over one shared heap. A crew does a job: every worker gets the same task once, and the
 * workers divide its pieces among themselves. During the job no message is sent or received.
 */
export class WorkerPool {
  private readonly threads: Threads[] = [];
  /** The number of workers that the memory is large enough for; the pool grows no further. */
  most = Number.POSITIVE_INFINITY;
  private closed = false;
  private ended: Promise<unknown> | undefined;
  private readonly underWay = new Set<JobUnderWay>();
  /** The error of a thread that could not start; the pool is then closed. */
  private failure: UserError | undefined;

  /** Starts the threads. @throws {UserError} if the system refuses as many threads */
  constructor(
    size: number,
    readonly backend: Backend,
    readonly heap = heapFor(size),
  ) {
    this.begin(size);
  }

  /** The number of workers. */
  get size(): number {
    return this.threads.reduce((sum, { count }) => sum + count, 0);
  }

  private get free(): number {
    return this.threads.reduce((sum, { idle }) => sum + idle, 0);
  }

  /**
   * Adds workers up to `size`. They join the running jobs without a fixed number of members. A smaller size changes
   * nothing. If the system refuses more threads, the existing ones continue.
   */
  grow(size: number): void {
    try {
      while (!this.closed && this.size < Math.min(size, this.most)) this.begin(1, true);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
    }
    for (const { join } of this.underWay) while (join && this.free > 0) join();
  }

  /** Starts threads. @param late true if the pool continues without these threads in case they can't start */
  private begin(count: number, late = false): void {
    checkAddressSpace(count);
    let piscina: Piscina;
    try {
      piscina = new Piscina({
        filename: new URL('../../workers/entry.cjs', import.meta.url).href,
        minThreads: count,
        maxThreads: count,
        concurrentTasksPerWorker: 1,
        ...(addressSpace() && { resourceLimits: FRUGAL }),
        execArgv: [], // workers don't need the loaders that a test runner gives this process
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
      // A thread without a task has failed. A task may be waiting for it, and would wait forever.
      this.failure ??= startFailure(this.size, error);
      void this.close();
    });
  }

  /**
   * Runs one task on every member of a crew.
   *
   * @returns the members' results, by rank
   * @throws the error of the first member that failed; the others are stopped
   * @throws {UserError} if a thread could not start
   * @throws {Error} if the pool is closed, or has not enough free threads: two crews would wait for each other's
   *   threads
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
    while (finished.length < answers.length) finished.push(await answers[finished.length]); // more may join during the job
    clearInterval(watch);
    this.underWay.delete(own);
    if (this.failure) throw this.failure;
    if (failure) throw failure.error;
    if (this.closed) throw new Error(`${task}: the pool was closed`);
    onProgress?.(progressOf(crew));
    return finished.map((answer) => {
      if ('stopped' in answer) throw new Error(`${task}: a worker was stopped although no worker failed`);
      return answer.value;
    });
  }

  /** Gives a message's task to a free thread, and returns its answer. */
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

  /** Ends all threads immediately and permanently: the running job fails, and every later job too. */
  async close(): Promise<void> {
    this.closed = true;
    // Only once: if a pool of piscina is destroyed twice at the same time, it starts threads again.
    this.ended ??= Promise.all(this.threads.map(({ piscina }) => piscina.destroy()));
    await this.ended;
  }
}

/** Does work with a pool of workers. The pool ends with the work, or immediately if the signal is aborted. */
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

/** Bytes of address space for a worker thread with {@link FRUGAL} limits. */
const THREAD_BYTES = 0.2e9;
/** A thread's limits in a limited address space: V8 reserves 0.5 GB for its machine code by default. */
const FRUGAL = { codeRangeSizeMb: 64 };
/** Bytes of address space for the rest of the program: images, and later figures. */
const REST_BYTES = 0.35e9;
/** The smallest useful heap, in bytes. */
const LEAST_HEAP_BYTES = 64e6;

/**
 * Checks that a limited address space is large enough for more threads. Otherwise V8 would end the whole process.
 *
 * @param threads the number of threads to start
 * @param more bytes for other things
 * @throws {UserError} if it is too small
 */
function checkAddressSpace(threads: number, more = 0): void {
  const space = addressSpace();
  const needed = threads * THREAD_BYTES + REST_BYTES + more;
  if (!space || needed <= space.left) return;
  const who = threads === 1 ? '1 worker needs' : `${threads} workers need`;
  const fitting = Math.floor((space.left - REST_BYTES - more) / THREAD_BYTES);
  const advice = fitting > 0 ? ` Try --workers ${fitting}.` : '';
  throw new UserError(`${who} about ${gigabytes(needed)} more address space. ${limitText(space)}${advice}`);
}

/** Creates a heap that leaves enough of a limited address space for the worker threads and the rest of the program. */
function heapFor(threads: number): Heap {
  const space = addressSpace();
  if (!space) return new Heap();
  checkAddressSpace(threads, unguarded() ? LEAST_HEAP_BYTES : GUARDED_MEMORY_BYTES);
  const free = space.left - threads * THREAD_BYTES - REST_BYTES;
  return new Heap({ maximumBytes: Math.min(MOST_BYTES, Math.max(LEAST_HEAP_BYTES, free / 2)) });
}

const startFailure = (size: number, { message }: Error): UserError =>
  new UserError(
    `The system refuses to start ${size} worker threads (${message}). Give fewer with --workers, or raise its limits on threads and memory.`,
  );
