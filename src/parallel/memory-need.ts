import { type AttackName, attacks } from '../attacks/index.js';
import { solo } from '../crew/crew.js';
import { UserError } from '../errors.js';
import { createNetwork } from '../models/create.js';
import type { NetworkSpec } from '../models/index.js';
import type { RuleName } from '../rules/index.js';
import { loadKernels } from '../tensor/backends.js';
import { Heap } from '../tensor/heap.js';
import type { Backend } from '../tensor/kernels.js';
import { sizeOf } from '../tensor/tensor.js';
import { freeTrainingMemory, trainingMemory } from '../training/memory.js';
import { defaultTraining, type TrainingOptions } from '../training/options.js';
import { megabytes } from '../words.js';
import { Desk } from './desk.js';
import type { SharedNetwork } from './messages.js';
import type { WorkerPool } from './pool.js';
import { tasks } from './tasks.js';

/** Bytes of the shared heap. */
export interface MemoryNeed {
  /** Networks, and the gradients and optimizer's state of the trainings that go on at a time. */
  readonly shared: number;
  /** A worker's activations, and what its attacks work on. */
  readonly worker: number;
}

/** How a run's networks are trained; undefined for networks that are there already. */
export type Plans = Readonly<Partial<Record<RuleName, Omit<TrainingOptions, 'seed'> | undefined>>>;

/** The least that each attack does with all its memory in use. */
const ATTACK = { iterations: 1, restarts: 2, queries: 1, samples: 2, targets: 1 };

/**
 * What a run takes: what needs most memory of a worker, training and attacks, is done here once, on one image, in a
 * heap of its own, and what is in use after that is counted.
 *
 * @param atOnce how many networks are trained at a time
 */
export async function memoryNeed(spec: NetworkSpec, plans: Plans, backend: Backend, atOnce = 1): Promise<MemoryNeed> {
  const heap = new Heap();
  const kernels = await loadKernels(backend, heap);
  const desk = new Desk(await loadKernels(backend, heap));
  const images = { pixels: new Uint8Array(sizeOf(spec.inputShape)), labels: new Uint8Array(1), count: 1 };
  const start = heap.used;
  let held = 0; // by the networks, for good
  const trainings: number[] = []; // which each training gives back
  const networks = Object.entries(plans).map(([name, plan], run) => {
    const rule = name as RuleName;
    const before = heap.used;
    const created = createNetwork(spec, { rule, kernels });
    const begun = heap.used;
    const options = { ...defaultTraining, ...plan, epochs: 1 };
    const memory = trainingMemory(created, options, (length) => heap.float64(length));
    const angles = kernels.alloc(created.layout.parameterCount); // which are measured while it is there
    held += begun - before;
    trainings.push(heap.used - begun);
    const network: SharedNetwork = { spec, rule, ...created.parameters };
    tasks.trainEpoch({ run, network, images, options, memory, epoch: 0 }, solo(), desk);
    freeTrainingMemory(kernels, memory, (array) => heap.free(array));
    kernels.free(angles);
    return network;
  });
  const all = Object.keys(attacks).map((attack) => ({
    attack: attack as AttackName,
    options: ATTACK,
    epsilons: [0.1],
  }));
  for (const source of networks) {
    const attacked = {
      source,
      path: 'feedback',
      loss: 'cross-entropy',
      targets: networks,
      images,
      plans: all,
      seed: 0,
    } as const;
    tasks.attack(attacked, solo(), desk);
  }
  const largest = trainings.sort((a, b) => b - a).slice(0, atOnce);
  return { shared: held + largest.reduce((sum, each) => sum + each, 0), worker: heap.used - start - held };
}

/**
 * Makes sure that a run fits into its heap, before it begins, and that its pool will not outgrow it.
 *
 * @param atOnce how many networks are trained at a time
 * @throws {UserError} if it doesn't
 */
export async function checkMemory(pool: WorkerPool, spec: NetworkSpec, plans: Plans, atOnce = 1): Promise<void> {
  const { shared, worker } = await memoryNeed(spec, plans, pool.backend, atOnce);
  const { heap, size } = pool;
  const there = heap.maximumBytes - heap.used;
  const fitting = Math.floor((there - shared) / worker);
  pool.most = fitting;
  if (size <= fitting) return;
  const advice =
    fitting > 0 ? `--workers ${fitting} would fit.` : 'Not even one worker would fit: take a smaller model.';
  const who = size === 1 ? `1 worker on ${spec.model} needs` : `${size} workers on ${spec.model} need`;
  throw new UserError(
    `${who} ${megabytes(shared + size * worker)} of memory, ${megabytes(worker)} each and ${megabytes(shared)} for the networks; this machine’s JavaScript engine grants ${megabytes(there)}. ${advice}`,
  );
}
