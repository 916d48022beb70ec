import type { Crew } from './crew.js';

/** The shared memory by which the members of a crew synchronise; the indices are below. */
export interface CrewHandle {
  readonly words: Int32Array;
  readonly size: number;
  /** True if waiting members check repeatedly before they sleep; only if each member has its own core. */
  readonly spin: boolean;
}

const ARRIVED = 0;
const GENERATION = 1;
const STOPPED = 2;
const NEXT_PIECE = 3;
const PROGRESS = 4;
/**
 * The number of checks before a waiting member sleeps: some tenths of a millisecond, about the time in which another
 * member ends its shard. A member that sleeps is woken late, and often on the core of the member that woke it.
 */
const SPINS = 50_000;

/** Thrown in a member that waits for a stopped crew, or claims work of it. The cause is another member's error. */
export class CrewStopped extends Error {
  override readonly name = 'CrewStopped';
}

export const newCrew = (size: number, cores: number): CrewHandle => ({
  words: new Int32Array(new SharedArrayBuffer(64)),
  size,
  spin: size > 1 && size <= cores,
});

/** Returns the units of progress that all members have counted so far. */
export const progressOf = ({ words }: CrewHandle): number => Atomics.load(words, PROGRESS);

/** Makes every waiting member throw {@link CrewStopped}: after one member's failure, no other member waits forever. */
export function stopCrew({ words }: CrewHandle): void {
  Atomics.store(words, STOPPED, 1);
  Atomics.add(words, GENERATION, 1);
  Atomics.notify(words, GENERATION);
}

/**
 * Returns a member's view of the crew, over atomics: during the work, no message is sent and no memory is allocated.
 */
export function joinCrew({ words, size, spin }: CrewHandle, rank: number): Crew {
  const checkStopped = () => {
    if (Atomics.load(words, STOPPED) !== 0) throw new CrewStopped('another member of the crew failed');
  };
  return {
    rank,
    size,
    claim(end) {
      for (;;) {
        const piece = Atomics.load(words, NEXT_PIECE);
        if (piece >= end) return -1;
        if (Atomics.compareExchange(words, NEXT_PIECE, piece, piece + 1) !== piece) continue;
        checkStopped();
        return piece;
      }
    },
    barrier() {
      if (rank >= size)
        throw new Error(`member ${rank} of a crew of ${size} joined it after it began: it can't take part in barriers`);
      const generation = Atomics.load(words, GENERATION);
      checkStopped(); // after the load: stopCrew sets the flag first and then begins a new generation
      if (Atomics.add(words, ARRIVED, 1) + 1 === size) {
        Atomics.store(words, ARRIVED, 0);
        Atomics.add(words, GENERATION, 1);
        Atomics.notify(words, GENERATION);
      } else {
        for (let i = 0; spin && i < SPINS; i++) if (Atomics.load(words, GENERATION) !== generation) break;
        while (Atomics.load(words, GENERATION) === generation) Atomics.wait(words, GENERATION, generation);
      }
      checkStopped();
    },
    advance() {
      Atomics.add(words, PROGRESS, 1);
    },
  };
}
