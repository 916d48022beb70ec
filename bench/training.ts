/*
 * Seconds for an epoch of 60,000 images, as the default job trains (worker threads over shared memory, mini-batches of
 * 64 in shards of 8, SGD with momentum), and how they shrink with the number of workers.
 *
 * An epoch is the whole of it: shuffling, loading, forward, backward, adding up, the optimizer's step. Not counted are
 * the test accuracy and the checkpoint after an epoch. A mini-batch of 64 is eight shards, so that a ninth worker finds
 * no gradient to compute, and three or five workers share the shards unevenly.
 */
import { buildLayers } from '../src/models/index.js';
import { initialParameters } from '../src/models/parameters.js';
import type { SharedNetwork } from '../src/parallel/messages.js';
import { WorkerPool } from '../src/parallel/pool.js';
import { type RuleName, rules } from '../src/rules/index.js';
import { firstImages, type LabelledImages } from '../src/tensor/images.js';
import { type Backend, loadKernels } from '../src/tensor/kernels.js';
import { defaultTraining, type TrainingOptions, trainingMemory } from '../src/training/train.js';
import type { Subject } from './lenet.js';
import { type Effort, median, secondsSince } from './measure.js';

/** Images in an epoch; what is measured on fewer is scaled to it. */
export const EPOCH_IMAGES = 60_000;
/** Enough for V8 to compile everything for good. */
const WARMUP_IMAGES = 6_400;
/** Plain TypeScript takes ten times as long. */
const REFERENCE_IMAGES = 3_200;

/** The rate stays as it is however many epochs are measured. */
export const benchTraining: TrainingOptions = { ...defaultTraining, decay: 'constant', epochs: 1000 };

/** A network in training on a pool's workers. */
export interface Trainee {
  readonly network: SharedNetwork;
  /** Trains for one more epoch. */
  epoch(): Promise<void>;
}

let runs = 0;

export async function trainee(
  pool: WorkerPool,
  { spec }: Subject,
  images: LabelledImages,
  rule: RuleName,
): Promise<Trainee> {
  const kernels = await loadKernels(pool.backend, pool.heap);
  const { usesFeedback } = rules[rule];
  const { seed } = benchTraining;
  const parameters = initialParameters(buildLayers(spec), kernels, {
    seed,
    initializer: 'kaiming-uniform',
    usesFeedback,
  });
  const network: SharedNetwork = { spec, rule, ...parameters };
  const float64 = (length: number) => pool.heap.float64(length);
  const memory = trainingMemory(kernels, parameters.values.length, benchTraining, float64);
  const run = runs++;
  let epoch = 0;
  return {
    network,
    async epoch() {
      const job = { run, network, images, options: benchTraining, memory, epoch: epoch++ };
      const [{ loss }] = await pool.run('trainEpoch', job);
      if (Number.isNaN(loss)) throw new Error('training diverged, so that its time means nothing');
    },
  };
}

/** Seconds for an epoch of {@link EPOCH_IMAGES}, one number for each measurement. */
export async function epochSeconds({ epoch }: Trainee, images: number, rounds: number): Promise<number[]> {
  const seconds: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const started = performance.now();
    await epoch();
    seconds.push((secondsSince(started) * EPOCH_IMAGES) / images);
  }
  return seconds;
}

/** Seconds for an epoch, by learning rule and backend. */
export interface EpochTime {
  readonly rule: RuleName;
  readonly backend: Backend;
  readonly workers: number;
  /** How many images were measured; the seconds are for 60,000. */
  readonly images: number;
  readonly seconds: number;
  readonly all: readonly number[];
}

/** An epoch by each rule on a pool, and what is left: a trained network for each. */
export async function benchEpochs(
  pool: WorkerPool,
  subject: Subject,
  effort: Effort,
): Promise<{ times: EpochTime[]; networks: Record<RuleName, SharedNetwork> }> {
  const times: EpochTime[] = [];
  const networks = {} as Record<RuleName, SharedNetwork>;
  const images = pool.backend === 'simd' ? effort.epochImages : REFERENCE_IMAGES;
  for (const rule of Object.keys(rules) as RuleName[]) {
    await (await trainee(pool, subject, firstImages(subject.train, Math.min(images, WARMUP_IMAGES)), rule)).epoch();
    const measured = await trainee(pool, subject, firstImages(subject.train, images), rule);
    const all = await epochSeconds(measured, images, effort.rounds);
    times.push({ rule, backend: pool.backend, workers: pool.size, images, seconds: median(all), all });
    networks[rule] = measured.network;
  }
  return { times, networks };
}

/** How an epoch's time shrinks with the workers. */
export interface Scaling {
  readonly workers: number;
  readonly seconds: number;
  /** One worker's time over this one, the median over rounds in which each number of workers had a turn. */
  readonly speedup: number;
}

/** BP epochs on 1, 2, 4, … workers and on all cores, in turns, so that a change of the machine's pace meets all. */
export async function benchScaling(
  subject: Subject,
  cores: number,
  backend: Backend,
  { sliceImages, turns }: Effort,
): Promise<Scaling[]> {
  const counts: number[] = [];
  for (let workers = 1; workers < cores; workers *= 2) counts.push(workers);
  counts.push(cores);
  const images = firstImages(subject.train, sliceImages);
  const pools = counts.map((workers) => new WorkerPool(workers, backend));
  try {
    const trainees: Trainee[] = [];
    for (const pool of pools) trainees.push(await trainee(pool, subject, images, 'bp'));
    const rounds: number[][] = [];
    // The first round is the warm-up.
    for (let round = 0; round <= turns; round++) {
      const seconds: number[] = [];
      for (const each of trainees) seconds.push(...(await epochSeconds(each, images.count, 1)));
      if (round > 0) rounds.push(seconds);
    }
    return counts.map((workers, i) => ({
      workers,
      seconds: median(rounds.map((seconds) => seconds[i])),
      speedup: median(rounds.map((seconds) => seconds[0] / seconds[i])),
    }));
  } finally {
    for (const pool of pools) await pool.close();
  }
}
