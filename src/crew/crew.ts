/**
 * Several threads at one job: each runs the same function, claims pieces of the work until none is left, and meets
 * the others where a result is needed whole. The pieces never depend on how many members there are.
 */
export interface Crew {
  readonly rank: number;
  /** Members that wait for each other; of a job without barriers, those that began it. */
  readonly size: number;
  /** The next unclaimed piece below `end`, or −1. Pieces are numbered from 0 over the whole job. */
  claim(end: number): number;
  /** Returns when every member has called it as often. What they wrote before is then visible to all. */
  barrier(): void;
  /** Counts one unit of progress, for whoever watches. */
  advance(): void;
}

/** The most members that anyone may ask a crew to have. */
export const MOST_WORKERS = 1024;

/** A crew of one: the same job on the calling thread. */
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

/** The member's part `[from, to)` of `length` numbers, in whole groups of 16 so that no two share a cache line. */
export function memberRange({ rank, size }: Crew, length: number): [from: number, to: number] {
  const groups = Math.ceil(length / 16);
  const bound = (r: number) => Math.min(length, Math.floor((groups * r) / size) * 16);
  return [bound(rank), bound(rank + 1)];
}
