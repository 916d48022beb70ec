/**
 * A crew: several threads that share one job. Each member runs the same function, claims pieces of the work until all
 * are claimed, and waits for the others where a result must be complete. The pieces never depend on the number of
 * members.
 */
export interface Crew {
  readonly rank: number;
  /** The number of members that wait for each other; for a job without barriers, the number that began it. */
  readonly size: number;
  /**
   * Claims the next piece below `end`; returns −1 if all are claimed. Pieces are numbered from 0 over the whole job.
   */
  claim(end: number): number;
  /** Waits until every member has called it as often. All memory that members wrote before is then visible to all. */
  barrier(): void;
  /** Counts one unit of progress, for the progress display. */
  advance(): void;
}

/** The largest number of members that a crew may have. */
export const MOST_WORKERS = 1024;

/**
 * Returns a crew of one member: the calling thread does the whole job.
 *
 * @example
 * ```ts
 * const trainer = new Trainer(network, images, options, memory);
 * trainer.runEpoch(0, solo());
 * ```
 */
export function solo(): Crew {
  let next = 0;
  return {
    rank: 0,
    size: 1,
    claim: (end) => (next < end ? next++ : -1),
    barrier() {},
    advance() {},
  };
}

/**
 * Returns the member's part `[from, to)` of `length` numbers, in groups of 16 so that no two members share a cache
 * line.
 */
export function memberRange({ rank, size }: Crew, length: number): [from: number, to: number] {
  const groups = Math.ceil(length / 16);
  const bound = (r: number) => Math.min(length, Math.floor((groups * r) / size) * 16);
  return [bound(rank), bound(rank + 1)];
}
