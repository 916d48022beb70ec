/*
 * What more cores than there are would give: a model of a step's time, fitted to what can be measured with few.
 *
 *   T(w) = κ·(k·s + u/w) + m(w)·√k·σ + β·w      a step's time with w workers
 *
 *   k   shards of the busiest worker, ⌈shards / w⌉
 *   s   a shard's time on one core that has the machine for itself: all of a step but
 *   u   adding up the shards' gradients and the optimizer's step, which the workers share
 *   κ   how much slower kernels get where all cores work: shared caches, memory and clock
 *   σ   how far a shard's time strays; m(w) is the expected largest of w normal numbers (of as many as have a shard), so
 *       that the term is what the last one is waited for
 *   β   what each member costs the others at the barriers. It comes from more workers than cores, who must sleep and be
 *       woken; on cores of their own they spin, so that it is an upper bound
 *
 * s and u are those of one worker's profile (step.ts), κ and σ of all cores', β of the oversubscribed epochs. What
 * the model can't know: how κ goes on with many cores or several sockets. It is taken to stay.
 */
import { defaultTraining } from '../src/training/options.js';
import { SHARD_SIZE } from '../src/training/shard.js';
import type { StepProfile, StepShares } from './step.js';

/** How an epoch's time shrinks with the workers. */
export interface Scaling {
  readonly workers: number;
  readonly seconds: number;
  /** One worker's time over this one, the median over the turns. */
  readonly speedup: number;
}

/** What the model is told of a profile (step.ts). */
export type ProfiledStep = Pick<StepProfile, 'workers' | 'epochSeconds' | 'kernelSeconds'> & {
  readonly shares: Pick<StepShares, 'waiting' | 'reduction' | 'optimizer'>;
};

/** A step's parts, in seconds but for κ. */
export interface ScalingModel {
  /** s */
  readonly shard: number;
  /** u is one such number a shard, and the optimizer's. */
  readonly adding: number;
  readonly optimizer: number;
  /** κ */
  readonly slowdown: number;
  /** σ */
  readonly straying: number;
  /** β */
  readonly member: number;
}

/** What more cores would give, each with a worker of its own. */
export interface Prediction extends Scaling {
  readonly batchSize: number;
  /** Speed against one core if members cost each other nothing: the truth lies between `speedup` and this. */
  readonly atMost: number;
  /** What the step's time is made of, in [0, 1]. */
  readonly shares: Readonly<Record<'shards' | 'update' | 'waiting' | 'barriers', number>>;
}

const SHARDS = defaultTraining.batchSize / SHARD_SIZE;

/**
 * The model of a network, from the profiles of one worker and of one on each core, and epochs with more of them.
 *
 * @param steps of an epoch
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
  // More workers than cores have no more to compute with: what is left is theirs, by least squares through the origin.
  const computing = total(partsOf({ ...without, straying }, cores, SHARDS));
  let [above, below] = [0, 0];
  for (const { workers, seconds } of oversubscribed) {
    above += workers * (seconds / steps - computing);
    below += workers ** 2;
  }
  return { ...without, straying, member: below > 0 ? Math.max(0, above / below) : 0 };
}

/** What so many cores would make of an epoch. */
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

/** A step's time, part by part. */
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

/** The expected largest of n standard normal numbers: ∫ (1 − Φ(x)ⁿ) over x > 0, less ∫ Φ(x)ⁿ over x < 0. */
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
