/** How long the measurements take. */
export interface Effort {
  /** Timings of a kernel, of which the median is taken. */
  readonly samples: number;
  /** How long each lasts at least, in seconds: many times the clock's resolution. */
  readonly sampleSeconds: number;
  /** How long a kernel is called beforehand: V8 compiles what is called often anew, and better. */
  readonly warmSeconds: number;
  /** Timings of an epoch, and of an attack. */
  readonly rounds: number;
  /** Images in such an epoch; the time is scaled to 60,000. */
  readonly epochImages: number;
  /** Images in an epoch that is timed on several numbers of workers, or taken apart. */
  readonly sliceImages: number;
  /** Turns that each number of workers has. */
  readonly turns: number;
}

export const thorough: Effort = {
  samples: 9,
  sampleSeconds: 0.02,
  warmSeconds: 0.08,
  rounds: 3,
  epochImages: 60_000,
  sliceImages: 20_000,
  turns: 5,
};

export const quickly: Effort = {
  samples: 5,
  sampleSeconds: 0.005,
  warmSeconds: 0.03,
  rounds: 1,
  epochImages: 12_800,
  sliceImages: 6_400,
  turns: 2,
};

/** The middle one of the numbers in their order; the mean of the two middle ones where their count is even. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Seconds since `started`, a value of `performance.now()`. */
export const secondsSince = (started: number): number => (performance.now() - started) / 1000;

/** Seconds that one call of `run` takes, after warm-up: samples over many calls each. */
export function callSeconds(run: () => void, { samples, sampleSeconds, warmSeconds }: Effort): number[] {
  for (const started = performance.now(); secondsSince(started) < warmSeconds; ) run();
  let calls = 1;
  while (secondsOf(run, calls) < sampleSeconds) calls *= 2;
  return Array.from({ length: samples }, () => secondsOf(run, calls) / calls);
}

function secondsOf(run: () => void, calls: number): number {
  const started = performance.now();
  for (let i = 0; i < calls; i++) run();
  return secondsSince(started);
}
