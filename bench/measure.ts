/*
 * The speed of a shared machine varies. So things to be compared are measured in short turns, over and over: a slow
 * second affects all of them. The result is the median of the turns.
 */

/** The numbers of turns and images, and the seconds, of the measurements. */
export interface Effort {
  /** The number of turns of each kernel. */
  readonly kernelTurns: number;
  /** The least seconds of a kernel's turn, many times the clock's resolution. */
  readonly turnSeconds: number;
  /** Seconds for which a kernel is called before its first turn: V8 recompiles functions that are called often. */
  readonly warmSeconds: number;
  /** The number of turns, of one epoch each, of each learning rule and each number of workers. */
  readonly epochTurns: number;
  /** The number of images in these epochs; the times are scaled to all images. */
  readonly epochImages: number;
  /** The number of images in an epoch of a network with a hundred times as many operations. */
  readonly deepImages: number;
  /** The number of turns of each attack, and of each profile of a training step. */
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

/** Returns the median; of an even number of values, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Returns the seconds since `started`, a value of `performance.now()`. */
export const secondsSince = (started: number): number => (performance.now() - started) / 1000;

/** Measures the seconds of one call of each function, after a warm-up; returns one number per turn. */
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
      secondsOf(run, Math.ceil(calls[i] / 10)); // moves its arrays into the cache again
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
