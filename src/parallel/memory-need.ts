import { type AttackName, attacks } from '../attacks/index.js';
import { solo } from '../crew/crew.js';
import { UserError } from '../errors.js';
import { createNetwork } from '../models/create.js';
import type { NetworkSpec } from '../models/index.js';
import type { RuleName } from '../rules/index.js';
import { addressSpace, limitText } from '../tensor/address-space.js';
import { loadKernels } from '../tensor/backends.js';
import { Heap, HeapFull } from '../tensor/heap.js';
import type { Backend } from '../tensor/kernels.js';
import { sizeOf } from '../tensor/tensor.js';
import { freeTrainingMemory, trainingMemory } from '../training/memory.js';
import { defaultTraining, type TrainingOptions } from '../training/options.js';
import { megabytes } from '../words.js';
import { Desk } from './desk.js';
import type { SharedNetwork } from './messages.js';
import type { WorkerPool } from './pool.js';
import { tasks } from './tasks.js';

/** The memory that a run needs, in bytes of the shared heap. */
export interface MemoryNeed {
  /** For the networks, and for the gradients and optimizer states of the trainings at the same time. */
  readonly shared: number;
  /** For each worker: its activations and the arrays of its attacks. */
  readonly worker: number;
}

/** The training options of a run's networks; undefined for a network that is already trained. */
export type Plans = Readonly<Partial<Record<RuleName, Omit<TrainingOptions, 'seed'> | undefined>>>;

/** The smallest options with which each attack uses all its memory. */
const ATTACK = { iterations: 1, restarts: 2, queries: 1, samples: 2, targets: 1 };

/**
 * Measures the memory that a run needs. It does each worker's largest tasks, training and attacks, once on one image in
 * a heap of their own, and then reads the size of the used memory.
 *
 * @param atOnce the number of networks that are trained at the same time
 */
export async function memoryNeed(spec: NetworkSpec, plans: Plans, backend: Backend, atOnce = 1): Promise<MemoryNeed> {
  const heap = new Heap();
  const kernels = await loadKernels(backend, heap);
  const desk = new Desk(await loadKernels(backend, heap));
  const images = { pixels: new Uint8Array(sizeOf(spec.inputShape)), labels: new Uint8Array(1), count: 1 };
  const start = heap.used;
  let held = 0; // by the networks, for the whole run
  const trainings: number[] = []; // which each training frees at its end
  const networks = Object.entries(plans).map(([name, plan], run) => {
    const rule = name as RuleName;
    const before = heap.used;
    const created = createNetwork(spec, { rule, kernels });
    const begun = heap.used;
    const options = { ...defaultTraining, ...plan, epochs: 1 };
    const memory = trainingMemory(created, options, (length) => heap.float64(length));
    const angles = kernels.alloc(created.layout.parameterCount); // the alignment angles are measured during the training
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
 * Checks, before a run begins, that its heap is large enough, and limits the growth of its pool.
 *
 * @param atOnce the number of networks that are trained at the same time
 * @throws {UserError} if the heap is too small
 */
export async function checkMemory(pool: WorkerPool, spec: NetworkSpec, plans: Plans, atOnce = 1): Promise<void> {
  const { shared, worker } = await memoryNeed(spec, plans, pool.backend, atOnce).catch((error: unknown) => {
    if (error instanceof HeapFull) throw tooLarge(spec, pool.heap.maximumBytes);
    throw error;
  });
  const { heap, size } = pool;
  const there = heap.maximumBytes - heap.used;
  const fitting = Math.floor((there - shared) / worker);
  pool.most = fitting;
  if (size <= fitting) return;
  const advice =
    fitting > 0 ? `Try --workers ${fitting}.` : 'Even one worker needs more memory: choose a smaller model.';
  const space = addressSpace();
  const who = size === 1 ? `1 worker on ${spec.model} needs` : `${size} workers on ${spec.model} need`;
  throw new UserError(
    `${who} ${megabytes(shared + size * worker)} of memory, ${megabytes(worker)} each and ${megabytes(shared)} for the networks; this machine’s JavaScript engine grants ${megabytes(there)}. ${advice}${space ? ` ${limitText(space)}` : ''}`,
  );
}

/** Networks whose memory can't even be measured. */
function tooLarge({ model, inputShape }: NetworkSpec, most: number): UserError {
  const [, rows, columns] = inputShape;
  const space = addressSpace();
  return new UserError(
    `${model} on images of ${rows} x ${columns} pixels needs more memory than the ${megabytes(most)} that this machine’s JavaScript engine grants, even with one worker. Give smaller images, or choose a smaller model: the ResNets' parameters do not grow with the images.${space ? ` ${limitText(space)}` : ''}`,
  );
}
