import type { Crew } from './crew.js';

/** The shared words by which a crew keeps step; see the indices below. */
export interface CrewHandle {
  readonly words: Int32Array;
  readonly size: number;
  /** Whether waiting members should look again before they sleep: only where each has a core of its own. */
  readonly spin: boolean;
}

const ARRIVED = 0;
const GENERATION = 1;
const STOPPED = 2;
const NEXT_PIECE = 3;
const PROGRESS = 4;
/**
 * Looks before a waiting member goes to sleep: some tenths of a millisecond, about what another needs to end its shard.
 * One that slept would be woken late, and often on the core of the member that woke it.
 */
const SPINS = 50_000;

/** Thrown in a member that waits for, or asks work of, a crew that has been stopped: another member's error is the cause. */
export class CrewStopped extends Error {
  override readonly name = 'CrewStopped';
}

export const newCrew = (size: number, cores: number): CrewHandle => ({
  words: new Int32Array(new SharedArrayBuffer(64)),
  size,
  spin: size > 1 && size <= cores,
});

/** Units of progress counted so far by all members. */
export const progressOf = ({ words }: CrewHandle): number => Atomics.load(words, PROGRESS);

/** Lets every waiting member throw {@link CrewStopped}, so that one member's failure leaves none asleep. */
export function stopCrew({ words }: CrewHandle): void {
  Atomics.store(words, STOPPED, 1);
  Atomics.add(words, GENERATION, 1);
  Atomics.notify(words, GENERATION);
}

/** A member's view of the crew, over atomics: no message is sent and nothing is allocated while the work goes on. */
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
      if (rank >= size) throw new Error(`member ${rank} of a crew of ${size} joined it later: nobody waits for it`);
      const generation = Atomics.load(words, GENERATION);
      checkStopped(); // now, not before: who stops the crew says so first and then begins a new generation
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
