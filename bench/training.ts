/*
 * Measures the seconds of an epoch of all training images, as the default job trains: worker threads over shared
 * memory, mini-batches of 64 in shards of 8, SGD with momentum. Times on fewer images are scaled to all images.
 *
 * An epoch includes shuffling, loading, forward and backward passes, adding the gradients and the optimizer's step. It
 * doesn't include the test accuracy and the checkpoint. A mini-batch of 64 has eight shards, so a ninth worker has no
 * gradient to compute, and three or five workers get different numbers of shards.
 */
import { presetNamed, trainingOf } from '../src/experiment/presets.js';
import { createNetwork } from '../src/models/create.js';
import type { SharedNetwork } from '../src/parallel/messages.js';
import type { WorkerPool } from '../src/parallel/pool.js';
import { type RuleName, rules } from '../src/rules/index.js';
import { loadKernels } from '../src/tensor/backends.js';
import { firstImages } from '../src/tensor/images.js';
import type { Backend } from '../src/tensor/kernels.js';
import { trainingMemory } from '../src/training/memory.js';
import { defaultTraining, type TrainingOptions } from '../src/training/options.js';
import { type Effort, median, secondsSince } from './measure.js';
import type { Subject } from './subjects.js';

/** The number of images with the plain kernels, which take ten times as long. */
const REFERENCE_IMAGES = 3_200;

/** The learning rate is constant, for any number of epochs, and so low that no rule's network diverges. */
export const benchTraining: TrainingOptions = {
  ...defaultTraining,
  learningRate: 0.005,
  decay: 'constant',
  epochs: 1000,
};

/** A network that a pool's workers train. */
export interface Trainee {
  readonly network: SharedNetwork;
  /** Trains one more epoch on its share of the images; returns the seconds scaled to all images. */
  epoch(): Promise<number>;
}

let runs = 0;

/**
 * Creates a network and the memory to train it.
 *
 * @param count the number of training images
 * @param options the differences from {@link benchTraining}
 */
export async function trainee(
  pool: WorkerPool,
  { spec, train }: Subject,
  count: number,
  rule: RuleName,
  options: Partial<TrainingOptions> = {},
): Promise<Trainee> {
  const images = firstImages(train, count);
  const kernels = await loadKernels(pool.backend, pool.heap);
  const training = { ...benchTraining, ...options };
  const { seed } = training;
  const created = createNetwork(spec, { rule, seed, kernels });
  const network: SharedNetwork = { spec, rule, ...created.parameters };
  const float64 = (length: number) => pool.heap.float64(length);
  const memory = trainingMemory(created, training, float64);
  const run = runs++;
  let epoch = 0;
  return {
    network,
    async epoch() {
      const started = performance.now();
      const job = { run, network, images, options: training, memory, epoch: epoch++ };
      const [{ loss }] = await pool.run('trainEpoch', job);
      if (Number.isNaN(loss)) throw new Error('training diverged, so its time is not meaningful');
      return (secondsSince(started) * train.count) / count;
    },
  };
}

/** The seconds of an epoch with a learning rule and a backend. */
export interface EpochTime {
  readonly rule: RuleName;
  readonly backend: Backend;
  readonly workers: number;
  /** The number of measured images; the seconds are for all images. */
  readonly images: number;
  readonly seconds: number;
  readonly all: readonly number[];
}

/** Measures epochs of each rule in turns on a pool; returns the times and the trained networks. */
export async function benchEpochs(
  pool: WorkerPool,
  subject: Subject,
  { epochTurns, epochImages }: Effort,
): Promise<{ times: EpochTime[]; networks: Record<RuleName, SharedNetwork> }> {
  const count = pool.backend === 'simd' ? epochImages : REFERENCE_IMAGES;
  const names = Object.keys(rules) as RuleName[];
  const trainees: Trainee[] = [];
  for (const rule of names) {
    const { decoupledDecay } = trainingOf(presetNamed('mnist', 'tuned'), rule); // Kolen–Pollack's decay needs one more kernel
    trainees.push(await trainee(pool, subject, count, rule, { decoupledDecay }));
  }
  const seconds = await epochsInTurns(trainees, epochTurns);
  const times = names.map((rule, i) => ({
    ...{ rule, backend: pool.backend, workers: pool.size, images: count },
    seconds: median(seconds[i]),
    all: seconds[i],
  }));
  const networks = Object.fromEntries(names.map((rule, i) => [rule, trainees[i].network]));
  return { times, networks: networks as Record<RuleName, SharedNetwork> };
}

/** Measures the seconds of an epoch of each trainee, one number per turn after a warm-up. */
export async function epochsInTurns(trainees: readonly Trainee[], turns: number): Promise<number[][]> {
  for (const each of trainees) await each.epoch();
  const seconds: number[][] = trainees.map(() => []);
  for (let turn = 0; turn < turns; turn++) {
    for (const [i, each] of trainees.entries()) seconds[i].push(await each.epoch());
  }
  return seconds;
}
