import { availableParallelism, freemem } from 'node:os';

/** What a run takes of the memory, generously, in bytes. */
const RUN_MEMORY = 600e6;

/**
 * How many runs at a time suit a machine: as many as it has cores, where the memory is enough. A run on one core waits
 * for nobody, while two cores at one run wait for each other a tenth of the time, and a mini-batch of 64 is work for
 * eight at most.
 *
 * @param runs how many there are to do
 */
export function defaultJobs(runs: number, cores = availableParallelism(), memory = freemem()): number {
  return Math.max(1, Math.min(runs, cores, Math.floor(memory / RUN_MEMORY)));
}

/** The cores of a machine, shared out among runs as they begin. */
export class Cores {
  private free: number;
  private running = 0;

  /** @param jobs how many runs there are at most at a time */
  constructor(
    all: number,
    private readonly jobs: number,
  ) {
    this.free = Math.max(all, jobs);
  }

  /**
   * Cores for a run that begins: those that are free, shared with the others that could begin now too.
   *
   * @param waiting how many runs wait, this one not counted
   */
  take(waiting: number): number {
    const sharing = Math.min(waiting + 1, this.jobs - this.running);
    const taken = Math.max(1, Math.floor(this.free / Math.max(1, sharing)));
    this.free -= taken;
    this.running++;
    return taken;
  }

  give(cores: number): void {
    this.free += cores;
    this.running--;
  }
}
