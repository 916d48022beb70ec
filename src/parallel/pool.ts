import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import { newCrew, progressOf, stopCrew } from '../crew/shared-crew.js';
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

  constructor(
    readonly size: number,
    readonly backend: Backend,
    readonly heap = new Heap(),
  ) {
    this.piscina = new Piscina({
      filename: new URL('../../workers/worker.js', import.meta.url).href,
      minThreads: size,
      maxThreads: size,
      concurrentTasksPerWorker: 1,
      execArgv: [], // workers need none of the loaders that a test runner gives this process
    });
  }

  /**
   * Runs one task on every member of a crew.
   *
   * @returns what each member returned, by rank
   * @throws the error of the first member that failed; the others are stopped
   */
  async run<Name extends TaskName>(task: Name, job: Job<Name>, options: JobOptions = {}): Promise<Value<Name>[]> {
    const { members = this.size, onProgress } = options;
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
    if (failure) throw failure.error;
    if (this.closed) throw new Error(`${task}: the pool was closed`);
    onProgress?.(progressOf(crew));
    return finished.map((answer) => {
      if ('stopped' in answer) throw new Error(`${task}: a worker was stopped although none failed`);
      return answer.value;
    });
  }

  /** Ends all threads at once, whatever they are doing; jobs under way fail. */
  async close(): Promise<void> {
    this.closed = true;
    await this.piscina.destroy();
  }
}
