/* A member of the crew that step.ts measures: it trains as a worker of the pool does, and measures its own time. */
import { parentPort, workerData } from 'node:worker_threads';
import type { Crew } from '../src/crew/crew.js';
import { type CrewHandle, joinCrew } from '../src/crew/shared-crew.js';
import { crossEntropy } from '../src/losses/cross-entropy.js';
import { countMatches } from '../src/metrics/accuracy.js';
import { buildLayers } from '../src/models/index.js';
import { Network } from '../src/models/network.js';
import type { TrainJob } from '../src/parallel/messages.js';
import { rules } from '../src/rules/index.js';
import { loadKernels } from '../src/tensor/backends.js';
import { Heap } from '../src/tensor/heap.js';
import type { Backend } from '../src/tensor/kernels.js';
import { permutation, stream } from '../src/tensor/random.js';
import { ImageLoader, SHARD_SIZE } from '../src/training/shard.js';
import { Trainer } from '../src/training/train.js';
import { secondsSince } from './measure.js';
import { clockCost, type KernelTime, timedKernels } from './timed-kernels.js';

/** A member's task. A crew trains one epoch: the first crew's is the warm-up, the last one's is measured. */
export interface MemberTask {
  readonly memory: WebAssembly.Memory;
  readonly backend: Backend;
  readonly rank: number;
  readonly job: TrainJob;
  readonly warmup: CrewHandle;
  readonly start: CrewHandle;
  readonly measured: CrewHandle;
}

/** The parts of a member's time, in seconds, without the clock's own cost. */
export interface MemberTimes {
  readonly wall: number;
  readonly kernels: Readonly<Record<string, KernelTime>>;
  /** Seconds spent waiting for the others. */
  readonly barrier: number;
  /** Measured separately afterwards, for as many images as the member had. */
  readonly loading: number;
  readonly loss: number;
  readonly shuffling: number;
}

const { memory, backend, rank, job, warmup, start, measured } = workerData as MemberTask;
const timed = timedKernels(await loadKernels(backend, new Heap(memory)));
const { spec, rule, values, feedback } = job.network;
const network = new Network(buildLayers(spec), rules[rule], timed.kernels, { values, feedback });
const trainer = new Trainer(network, job.images, job.options, job.memory);
trainer.runEpoch(0, joinCrew(warmup, rank));
const cost = clockCost();
timed.reset();

let [barrier, barriers, pieces] = [0, 0, 0];
const crew = watched(joinCrew(measured, rank));
joinCrew(start, rank).barrier();
const started = performance.now();
trainer.runEpoch(1, crew);
const wall = secondsSince(started);

const kernels = Object.fromEntries(
  Object.entries(timed.times).map(([name, { seconds, calls }]) => [
    name,
    { seconds: seconds - calls * cost.inside, calls },
  ]),
);
const clocked = Object.values(kernels).reduce((sum, { calls }) => sum + calls, barriers);
const answer: MemberTimes = {
  wall: wall - clocked * (cost.inside + cost.outside),
  kernels,
  barrier: barrier - barriers * cost.inside,
  ...rest(),
};
parentPort?.postMessage(answer);

/** Returns the crew with measurements of the time at barriers and the number of claimed shards. */
function watched(crew: Crew): Crew {
  return {
    ...crew,
    claim(end) {
      const piece = crew.claim(end);
      timed.inShard = piece >= 0;
      if (piece >= 0) pieces++;
      return piece;
    },
    barrier() {
      const before = performance.now();
      crew.barrier();
      barrier += secondsSince(before);
      barriers++;
    },
  };
}

/** Measures an epoch's work outside of the kernels, done once more by itself. */
function rest(): Pick<MemberTimes, 'loading' | 'loss' | 'shuffling'> {
  const { images, options } = job;
  const workspace = network.workspace(SHARD_SIZE);
  const labels = images.labels.subarray(0, SHARD_SIZE);
  const timeOf = (run: () => void) => {
    const before = performance.now();
    run();
    return secondsSince(before);
  };
  const before = performance.now();
  const order = permutation(images.count, stream(options.seed).split('shuffle').split(1));
  const shuffling = secondsSince(before);
  const loader = new ImageLoader(images, network.inputShape, options);
  const loading = timeOf(() => {
    for (let i = 0; i < pieces * SHARD_SIZE; i++) {
      loader.load(1, order[i % images.count], workspace.input, i % SHARD_SIZE);
    }
  });
  workspace.forward(SHARD_SIZE);
  const loss = timeOf(() => {
    for (let piece = 0; piece < pieces; piece++) {
      workspace.evaluateLoss(crossEntropy, labels, SHARD_SIZE);
      countMatches(workspace.predictions(SHARD_SIZE), labels);
    }
  });
  return { loading, loss, shuffling };
}
