/*
 * A shared machine has slow seconds and fast ones. Whatever is to be compared is therefore measured in turns, a little
 * of each at a time, over and over, so that a slow second meets all; and of each the median counts.
 */

/** How long the measurements take. */
export interface Effort {
  /** Turns that each kernel has. */
  readonly kernelTurns: number;
  /** How long a kernel's turn lasts at least, in seconds: many times the clock's resolution. */
  readonly turnSeconds: number;
  /** How long a kernel is called before its first turn: V8 compiles what is called often anew, and better. */
  readonly warmSeconds: number;
  /** Turns that each learning rule and each number of workers has, of one epoch each. */
  readonly epochTurns: number;
  /** Images in these epochs; the times are scaled to all. */
  readonly epochImages: number;
  /** Images in an epoch of a network with a hundred times as many operations. */
  readonly deepImages: number;
  /** Turns that each attack has, and each profile of a training step. */
  readonly turns: number;
}

export const thorough: Effort = {
  kernelTurns: 9,
  turnSeconds: 0.02,
  warmSeconds: 0.05,
  epochTurns: 5,
  epochImages: 30_000,
  deepImages: 1_280,
  turns: 3,
};

export const quickly: Effort = {
  kernelTurns: 5,
  turnSeconds: 0.005,
  warmSeconds: 0.03,
  epochTurns: 2,
  epochImages: 6_400,
  deepImages: 256,
  turns: 1,
};

/** The middle one of the numbers in their order; the mean of the two middle ones where their count is even. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Seconds since `started`, a value of `performance.now()`. */
export const secondsSince = (started: number): number => (performance.now() - started) / 1000;

/** Seconds that one call of each function takes: one number for each turn, after warm-up. */
export function callSeconds(
  runs: readonly (() => void)[],
  { kernelTurns, turnSeconds, warmSeconds }: Effort,
): number[][] {
  const calls = runs.map((run) => {
    for (const started = performance.now(); secondsSince(started) < warmSeconds; ) run();
    let count = 1;
    while (secondsOf(run, count) < turnSeconds) count *= 2;
    return count;
  });
  const seconds: number[][] = runs.map(() => []);
  for (let turn = 0; turn < kernelTurns; turn++) {
    runs.forEach((run, i) => {
      secondsOf(run, Math.ceil(calls[i] / 10)); // brings its arrays back into the cache
      seconds[i].push(secondsOf(run, calls[i]) / calls[i]);
    });
  }
  return seconds;
}

function secondsOf(run: () => void, calls: number): number {
  const started = performance.now();
  for (let i = 0; i < calls; i++) run();
  return secondsSince(started);
}
