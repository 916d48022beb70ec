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

/** The cores of a machine, shared out among runs as they begin, and among the last ones as others end. */
export class Cores {
  private free: number;
  private readonly parts = new Set<Part>();

  /** @param jobs how many runs there are at most at a time */
  constructor(
    all: number,
    private readonly jobs: number,
  ) {
    this.free = Math.max(all, jobs);
  }

  /**
   * Cores for a run that begins: those that are free, shared with the others that could begin now too; one where none is.
   *
   * @param waiting how many runs wait, this one not counted
   */
  take(waiting: number): Part {
    const sharing = Math.min(waiting + 1, this.jobs - this.parts.size);
    const part = new Part(Math.max(1, Math.floor(this.free / Math.max(1, sharing))));
    this.free -= part.cores;
    this.parts.add(part);
    return part;
  }

  /** Takes back the part of a run that has ended. */
  give(part: Part): void {
    this.parts.delete(part);
    this.free += part.cores;
  }

  /** Shares out what is free among the runs that can use it, the poorest first: for when no other one waits. */
  shareRest(): void {
    const able = [...this.parts].filter(({ onGrown }) => onGrown);
    const grown = new Set<Part>();
    for (; this.free > 0 && able.length > 0; this.free--) {
      const poorest = able.reduce((least, each) => (each.cores < least.cores ? each : least));
      poorest.cores++;
      grown.add(poorest);
    }
    for (const { cores, onGrown } of grown) onGrown?.(cores);
  }
}

/** A run's part of a machine's cores. */
export class Part {
  /** Told when there are more of them; there is one while the run can use them. */
  onGrown: ((cores: number) => void) | undefined;

  constructor(public cores: number) {}
}
