/*
 * Predicts the speed with more cores than the machine has: a model of a step's time, fitted to measurements with few.
 *
 * ```
 *   T(w) = κ·(k·s + u/w) + m(w)·√k·σ + β·w      a step's time with w workers
 *
 *   k   shards of the busiest worker, ⌈shards / w⌉
 *   s   a shard's time on one core while the others are idle: all of a step except u
 *   u   the time to add the shards' gradients and for the optimizer's step, which the workers share
 *   κ   the slowdown of kernels when all cores work: they share caches, memory and clock
 *   σ   the spread of a shard's time
 *   m   the expected largest of w normal numbers (of as many workers as have a shard), so the term is the time
 *       that the others wait for the last worker
 *   β   the cost of each member at the barriers, an upper bound
 * ```
 *
 * β comes from measurements with more workers than cores, where workers sleep and are woken. On cores of their own they
 * don't sleep. The values of s and u come from one worker's profile (step.ts), κ and σ from the profile of all cores.
 * The model assumes that κ stays the same with many cores or several sockets.
 */
import { defaultTraining } from '../src/training/options.js';
import { SHARD_SIZE } from '../src/training/shard.js';
import type { StepProfile, StepShares } from './step.js';

/** An epoch's time with a number of workers. */
export interface Scaling {
  readonly workers: number;
  readonly seconds: number;
  /** One worker's time divided by this one, the median over the turns. */
  readonly speedup: number;
}

/** The numbers of a profile (step.ts) that the model uses. */
export type ProfiledStep = Pick<StepProfile, 'workers' | 'epochSeconds' | 'kernelSeconds'> & {
  readonly shares: Pick<StepShares, 'waiting' | 'reduction' | 'optimizer'>;
};

/** The parts of a step's time, in seconds; κ is a factor. */
export interface ScalingModel {
  /** s */
  readonly shard: number;
  /** u is this time for each shard, plus the optimizer's. */
  readonly adding: number;
  readonly optimizer: number;
  /** κ */
  readonly slowdown: number;
  /** σ */
  readonly straying: number;
  /** β */
  readonly member: number;
}

/** The prediction for a number of cores, with one worker each. */
export interface Prediction extends Scaling {
  readonly batchSize: number;
  /** The speedup if barriers cost no time: the true one lies between `speedup` and this. */
  readonly atMost: number;
  /** The shares of the parts of the step's time, in [0, 1]. */
  readonly shares: Readonly<Record<'shards' | 'update' | 'waiting' | 'barriers', number>>;
}

const SHARDS = defaultTraining.batchSize / SHARD_SIZE;

/**
 * Fits the model of a network to the profiles of one worker and of one worker per core, and to epochs with more
 * workers.
 *
 * @param steps the number of steps in an epoch
 */
export function fitted(
  profiles: readonly ProfiledStep[],
  oversubscribed: readonly Scaling[],
  steps: number,
): ScalingModel {
  const alone = profiles[0];
  const all = profiles[profiles.length - 1];
  const cores = all.workers;
  const { reduction, optimizer } = alone.shares;
  const step = alone.epochSeconds / steps;
  const without = {
    shard: ((1 - reduction - optimizer) * step) / SHARDS,
    adding: (reduction * step) / SHARDS,
    optimizer: optimizer * step,
    slowdown: Math.max(1, all.kernelSeconds / alone.kernelSeconds),
    straying: 0,
    member: 0,
  };
  const k = Math.ceil(SHARDS / cores);
  const waited = (all.shares.waiting * all.epochSeconds) / steps;
  const straying = cores > 1 ? waited / (largestOf(Math.min(cores, SHARDS)) * Math.sqrt(k)) : 0;
  // With more workers than cores, the computing time stays the same; the rest is β's, by least squares through the
  // origin.
  const computing = total(partsOf({ ...without, straying }, cores, SHARDS));
  let [above, below] = [0, 0];
  for (const { workers, seconds } of oversubscribed) {
    above += workers * (seconds / steps - computing);
    below += workers ** 2;
  }
  return { ...without, straying, member: below > 0 ? Math.max(0, above / below) : 0 };
}

/** Predicts an epoch's time with a number of cores. */
export function prediction(model: ScalingModel, workers: number, batchSize: number, images: number): Prediction {
  const shards = batchSize / SHARD_SIZE;
  const steps = images / batchSize;
  const parts = partsOf(model, workers, shards);
  const step = total(parts);
  const alone = total(partsOf(model, 1, SHARDS)) * (images / defaultTraining.batchSize);
  return {
    workers,
    batchSize,
    seconds: step * steps,
    speedup: alone / (step * steps),
    atMost: alone / ((step - parts.barriers) * steps),
    shares: {
      shards: parts.shards / step,
      update: parts.update / step,
      waiting: parts.waiting / step,
      barriers: parts.barriers / step,
    },
  };
}

/** Returns the parts of a step's time. */
function partsOf(model: ScalingModel, workers: number, shards: number) {
  const { shard, adding, optimizer, straying, member } = model;
  const k = Math.ceil(shards / workers);
  const slowdown = workers > 1 ? model.slowdown : 1;
  return {
    shards: slowdown * k * shard,
    update: (slowdown * (adding * shards + optimizer)) / workers,
    waiting: largestOf(Math.min(workers, shards)) * Math.sqrt(k) * straying,
    barriers: workers > 1 ? member * workers : 0,
  };
}

const total = ({ shards, update, waiting, barriers }: ReturnType<typeof partsOf>): number =>
  shards + update + waiting + barriers;

/** Returns the expected largest of n standard normal numbers: ∫ (1 − Φ(x)ⁿ) over x > 0, minus ∫ Φ(x)ⁿ over x < 0. */
function largestOf(n: number): number {
  const [from, to, parts] = [-8, 8, 4000];
  const width = (to - from) / parts;
  let cumulative = 0;
  let mean = 0;
  for (let i = 0; i < parts; i++) {
    const x = from + (i + 0.5) * width;
    const density = Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
    const below = (cumulative + (density * width) / 2) ** n;
    cumulative += density * width;
    mean += (x > 0 ? 1 - below : -below) * width;
  }
  return mean;
}
