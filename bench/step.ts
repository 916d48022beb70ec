/*
 * Where the time of a training step goes, with one worker and with all, and how much of it lies outside the kernels.
 *
 * The crew of a pool is put together here with a watch: kernels and barriers are timed at every call (the clock's own
 * cost, some tens of nanoseconds, is measured and taken off); loading images, the loss and shuffling are timed by
 * themselves afterwards, for as many images; a message to the pool and back is timed on a job without work. All in
 * percent of the workers' wall time for the epoch:
 *
 *   outside the kernels = everything but the kernels of forward, backward and the optimizer's step.
 *
 * `waiting` holds both what a barrier costs and the difference between the members' pace: whoever claims the last
 * shard of a mini-batch lets the others wait. On a machine that does other things too it grows, and nothing else does.
 */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { newCrew } from '../src/crew/shared-crew.js';
import { createNetwork } from '../src/models/create.js';
import { WorkerPool } from '../src/parallel/pool.js';
import { loadKernels } from '../src/tensor/backends.js';
import { Heap } from '../src/tensor/heap.js';
import { firstImages } from '../src/tensor/images.js';
import type { Backend } from '../src/tensor/kernels.js';
import { trainingMemory } from '../src/training/memory.js';
import { type Effort, median, secondsSince } from './measure.js';
import type { MemberTask, MemberTimes } from './step-worker.js';
import type { Subject } from './subjects.js';
import { benchTraining, trainee } from './training.js';

const MESSAGES = 21;

/** Shares of the workers' wall time, in [0, 1]; they add up to 1. */
export interface StepShares {
  readonly forwardAndBackward: number;
  readonly optimizer: number;
  readonly reduction: number;
  readonly waiting: number;
  readonly loading: number;
  readonly loss: number;
  readonly shuffling: number;
  readonly messages: number;
  readonly rest: number;
}

export interface StepProfile {
  readonly workers: number;
  /** For all training images, messages included. */
  readonly epochSeconds: number;
  /** Seconds in kernels for as many, of all workers together: more with several, if they take cache or clock from one another. */
  readonly kernelSeconds: number;
  readonly shares: StepShares;
  readonly outsideKernels: number;
  /** Share of the wall time by kernel, the largest first. */
  readonly kernels: Readonly<Record<string, number>>;
}

/** Profiles an epoch for each of the numbers of workers, in turns: of each the profile with the median share outside. */
export async function profileSteps(
  subject: Subject,
  counts: readonly number[],
  backend: Backend,
  { turns, epochImages }: Effort,
): Promise<StepProfile[]> {
  const profiles: StepProfile[][] = counts.map(() => []);
  for (let turn = 0; turn < turns; turn++) {
    for (const [i, workers] of counts.entries()) {
      profiles[i].push(await profileStep(subject, epochImages, workers, backend));
    }
  }
  return profiles.map((all) => {
    const sorted = all.sort((a, b) => a.outsideKernels - b.outsideKernels);
    return sorted[Math.floor(sorted.length / 2)];
  });
}

/** Profiles an epoch on `count` images with so many workers. */
async function profileStep(subject: Subject, count: number, workers: number, backend: Backend): Promise<StepProfile> {
  const members = await watchedEpoch(subject, count, workers, backend);
  const message = await messageSeconds(subject, workers, backend);
  const sum = (value: (member: MemberTimes) => number) => members.reduce((all, member) => all + value(member), 0);
  const wall = Math.max(...members.map((member) => member.wall)) + message;
  const all = wall * workers;
  const byKernel = Object.keys(members[0].kernels)
    .map((name) => [name, sum(({ kernels }) => kernels[name].seconds) / all] as const)
    .filter(([, share]) => share > 0)
    .sort(([, a], [, b]) => b - a);
  const kernels = Object.fromEntries(byKernel);
  const inKernels = byKernel.reduce((total, [, share]) => total + share, 0);
  const reduction = kernels.sumParts ?? 0;
  const optimizer = kernels[benchTraining.optimizer] ?? 0;
  const known = {
    forwardAndBackward: inKernels - reduction - optimizer,
    optimizer,
    reduction,
    waiting: sum(({ barrier }) => barrier) / all,
    loading: sum(({ loading }) => loading) / all,
    loss: sum(({ loss }) => loss) / all,
    shuffling: sum(({ shuffling }) => shuffling) / all,
    messages: message / wall,
  };
  const scale = subject.train.count / count;
  return {
    workers,
    epochSeconds: wall * scale,
    kernelSeconds: inKernels * all * scale,
    shares: { ...known, rest: 1 - Object.values(known).reduce((total, share) => total + share, 0) },
    outsideKernels: 1 - known.forwardAndBackward - optimizer,
    kernels,
  };
}

/** One epoch by a crew with watches, after another for warming up. */
async function watchedEpoch(
  { spec, train }: Subject,
  count: number,
  workers: number,
  backend: Backend,
): Promise<MemberTimes[]> {
  const heap = new Heap();
  const kernels = await loadKernels(backend, heap);
  const options = benchTraining;
  const { seed } = options;
  const created = createNetwork(spec, { rule: 'bp', seed, kernels });
  const memory = trainingMemory(created, options, (length) => heap.float64(length));
  const network = { spec, rule: 'bp', ...created.parameters } as const;
  const job = { run: 0, network, images: firstImages(train, count), options, memory, epoch: 0 };
  const crew = () => newCrew(workers, availableParallelism());
  const [warmup, start, measured] = [crew(), crew(), crew()];
  const tasks = Array.from({ length: workers }, (_, rank) => ({
    ...{ memory: heap.memory, backend, rank, job, warmup, start, measured },
  }));
  return Promise.all(tasks.map(memberTimes));
}

const memberTimes = (workerData: MemberTask): Promise<MemberTimes> =>
  new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./step-worker.js', import.meta.url), { workerData });
    worker.once('message', resolve).once('error', reject);
  });

/** Seconds from asking a pool of workers for a job until their answers are there, where there is nothing to do. */
async function messageSeconds(subject: Subject, workers: number, backend: Backend): Promise<number> {
  const pool = new WorkerPool(workers, backend);
  try {
    const { network } = await trainee(pool, subject, subject.train.count, 'bp');
    const seconds: number[] = [];
    for (let i = 0; i < MESSAGES; i++) {
      const started = performance.now();
      await pool.run('countCorrect', { network, images: firstImages(subject.test, 0) });
      seconds.push(secondsSince(started));
    }
    return median(seconds);
  } finally {
    await pool.close();
  }
}
