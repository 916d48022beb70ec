/*
 * Measures the parts of a training step's time with one worker and with all. Two sums are of interest: the share
 * outside of the kernels, and the time of everything but the convolutions, relative to the convolutions.
 *
 * The crew of a pool is built here with a clock. Kernels and barriers are timed at every call; the clock's own cost,
 * some tens of nanoseconds, is measured and subtracted. Loading images, the loss and shuffling are timed separately
 * afterwards, for as many images. A message to the pool and back is timed with a job without work. All parts are in
 * percent of the workers' wall time for the epoch:
 *
 *   outside the kernels = everything but the kernels of forward, backward and the optimizer's step;
 *   beside the convolutions = everything but the convolutions, in percent of the convolutions.
 *
 * `waiting` holds the cost of barriers and the difference in speed of the members: while one computes the last shard of
 * a mini-batch, the others wait. If other programs run on the machine, only this part grows.
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
import { median, secondsSince } from './measure.js';
import type { MemberTask, MemberTimes } from './step-worker.js';
import type { Subject } from './subjects.js';
import { benchTraining, trainee } from './training.js';

const MESSAGES = 21;

/** The shares of the workers' wall time, in [0, 1]; their sum is 1. */
export interface StepShares {
  readonly convolutions: number;
  readonly normalization: number;
  readonly activations: number;
  readonly shortcuts: number;
  readonly otherKernels: number;
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
  /** The network and data set: `ResNet-20 on CIFAR-10`. */
  readonly subject: string;
  readonly workers: number;
  /** Seconds for all training images, messages included. */
  readonly epochSeconds: number;
  /**
   * Seconds in kernels for all training images, the sum over workers. It grows with the workers if they compete for the
   * cache or the clock.
   */
  readonly kernelSeconds: number;
  readonly shares: StepShares;
  readonly outsideKernels: number;
  readonly besideConvolutions: number;
  /** Each kernel's share of the wall time, the largest first. */
  readonly kernels: Readonly<Record<string, number>>;
}

/** The network to train, and the number of images. */
export interface ProfiledTraining {
  readonly subject: Subject;
  readonly images: number;
  readonly augment: boolean;
}

/**
 * Profiles an epoch for each number of workers, in turns. Returns the profile with the median share outside the
 * kernels.
 */
export async function profileSteps(
  training: ProfiledTraining,
  counts: readonly number[],
  backend: Backend,
  turns: number,
): Promise<StepProfile[]> {
  const profiles: StepProfile[][] = counts.map(() => []);
  for (let turn = 0; turn < turns; turn++) {
    for (const [i, workers] of counts.entries()) {
      profiles[i].push(await profileStep(training, workers, backend));
    }
  }
  return profiles.map((all) => {
    const sorted = all.sort((a, b) => a.outsideKernels - b.outsideKernels);
    return sorted[Math.floor(sorted.length / 2)];
  });
}

type KernelFamily = 'convolutions' | 'normalization' | 'activations' | 'shortcuts' | 'otherKernels';

/** Returns the part of a step that a kernel belongs to. */
function familyOf(kernel: string): KernelFamily | 'optimizer' | 'reduction' {
  if (/^(conv|winograd) /.test(kernel)) return 'convolutions';
  if (kernel.startsWith('channel')) return 'normalization';
  if (kernel.startsWith('relu')) return 'activations';
  if (kernel === 'sides of blocks') return 'shortcuts';
  if (kernel === 'sumParts') return 'reduction';
  return kernel === benchTraining.optimizer ? 'optimizer' : 'otherKernels';
}

/** Profiles an epoch with a number of workers. */
async function profileStep(training: ProfiledTraining, workers: number, backend: Backend): Promise<StepProfile> {
  const { subject, images } = training;
  const members = await watchedEpoch(training, workers, backend);
  const message = await messageSeconds(subject, workers, backend);
  const sum = (value: (member: MemberTimes) => number) => members.reduce((all, member) => all + value(member), 0);
  const wall = Math.max(...members.map((member) => member.wall)) + message;
  const all = wall * workers;
  const byKernel = Object.keys(members[0].kernels)
    .map((name) => [name, sum(({ kernels }) => kernels[name].seconds) / all] as const)
    .filter(([, share]) => share > 0)
    .sort(([, a], [, b]) => b - a);
  const share = (family: ReturnType<typeof familyOf>) =>
    byKernel.reduce((total, [name, each]) => total + (familyOf(name) === family ? each : 0), 0);
  const known = {
    convolutions: share('convolutions'),
    normalization: share('normalization'),
    activations: share('activations'),
    shortcuts: share('shortcuts'),
    otherKernels: share('otherKernels'),
    optimizer: share('optimizer'),
    reduction: share('reduction'),
    waiting: sum(({ barrier }) => barrier) / all,
    loading: sum(({ loading }) => loading) / all,
    loss: sum(({ loss }) => loss) / all,
    shuffling: sum(({ shuffling }) => shuffling) / all,
    messages: message / wall,
  };
  const inKernels = byKernel.reduce((total, [, each]) => total + each, 0);
  const scale = subject.train.count / images;
  return {
    subject: subject.title,
    workers,
    epochSeconds: wall * scale,
    kernelSeconds: inKernels * all * scale,
    shares: { ...known, rest: 1 - Object.values(known).reduce((total, each) => total + each, 0) },
    outsideKernels: 1 - inKernels + known.reduction,
    besideConvolutions: 1 / known.convolutions - 1,
    kernels: Object.fromEntries(byKernel),
  };
}

/** Trains one epoch with a crew that measures its time, after a warm-up epoch. */
async function watchedEpoch(
  { subject: { spec, train }, images, augment }: ProfiledTraining,
  workers: number,
  backend: Backend,
): Promise<MemberTimes[]> {
  const heap = new Heap();
  const kernels = await loadKernels(backend, heap);
  const options = { ...benchTraining, augment };
  const { seed } = options;
  const created = createNetwork(spec, { rule: 'bp', seed, kernels });
  const memory = trainingMemory(created, options, (length) => heap.float64(length));
  const network = { spec, rule: 'bp', ...created.parameters } as const;
  const job = { run: 0, network, images: firstImages(train, images), options, memory, epoch: 0 };
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

/** Measures the seconds from giving a pool of workers an empty job until it has all answers. */
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
