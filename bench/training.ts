/*
 * Seconds for an epoch of all training images, as the default job trains (worker threads over shared memory,
 * mini-batches of 64 in shards of 8, SGD with momentum). What is measured on fewer images is scaled to all of them.
 *
 * An epoch is the whole of it: shuffling, loading, forward, backward, adding up, the optimizer's step. Not counted are
 * the test accuracy and the checkpoint after an epoch. A mini-batch of 64 is eight shards, so that a ninth worker finds
 * no gradient to compute, and three or five workers share the shards unevenly.
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

/** Plain TypeScript takes ten times as long. */
const REFERENCE_IMAGES = 3_200;

/** The rate stays as it is however many epochs are measured, and is so low that no rule's network diverges. */
export const benchTraining: TrainingOptions = {
  ...defaultTraining,
  learningRate: 0.005,
  decay: 'constant',
  epochs: 1000,
};

/** A network in training on a pool's workers. */
export interface Trainee {
  readonly network: SharedNetwork;
  /** Trains for one more epoch, on its share of the images, and says how many seconds one on all of them would take. */
  epoch(): Promise<number>;
}

let runs = 0;

/**
 * @param count how many of the subject's training images it sees
 * @param options what differs from {@link benchTraining}
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
      if (Number.isNaN(loss)) throw new Error('training diverged, so that its time means nothing');
      return (secondsSince(started) * train.count) / count;
    },
  };
}

/** Seconds for an epoch, by learning rule and backend. */
export interface EpochTime {
  readonly rule: RuleName;
  readonly backend: Backend;
  readonly workers: number;
  /** How many images were measured; the seconds are for all. */
  readonly images: number;
  readonly seconds: number;
  readonly all: readonly number[];
}

/** Epochs by each rule in turns on a pool, and what is left: a trained network for each. */
export async function benchEpochs(
  pool: WorkerPool,
  subject: Subject,
  { epochTurns, epochImages }: Effort,
): Promise<{ times: EpochTime[]; networks: Record<RuleName, SharedNetwork> }> {
  const count = pool.backend === 'simd' ? epochImages : REFERENCE_IMAGES;
  const names = Object.keys(rules) as RuleName[];
  const trainees: Trainee[] = [];
  for (const rule of names) {
    const { decoupledDecay } = trainingOf(presetNamed('mnist', 'tuned'), rule); // Kolen–Pollack's, a kernel more
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

/** Seconds for an epoch by each of the trainees, a number for each turn after a warm-up. */
export async function epochsInTurns(trainees: readonly Trainee[], turns: number): Promise<number[][]> {
  for (const each of trainees) await each.epoch();
  const seconds: number[][] = trainees.map(() => []);
  for (let turn = 0; turn < turns; turn++) {
    for (const [i, each] of trainees.entries()) seconds[i].push(await each.epoch());
  }
  return seconds;
}
