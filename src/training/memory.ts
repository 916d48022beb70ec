/* What the members of a crew share while they train one network. */
import * as check from '../check.js';
import { checkNetwork, type Network } from '../models/network.js';
import { allOrNone, checkKernels, type Kernels } from '../tensor/kernels.js';
import { wasGivenBack } from '../tensor/released.js';
import { type FeedbackMemory, feedbackMemory } from './feedback.js';
import type { OptimizerState } from './optimizer.js';
import { optimizers } from './optimizers.js';
import { checkTraining, type TrainingOptions } from './options.js';
import { SHARD_SIZE } from './shard.js';

/**
 * Shards whose gradients are in memory at a time. A larger mini-batch is taken in several goes, each of which adds to
 * the sum of those before: the same additions in the same order, and no more memory however large it is.
 */
export const SHARDS_AT_ONCE = 64;

/** What the members of a crew share while they train one network. */
export interface TrainingMemory {
  /** The gradients of {@link SHARDS_AT_ONCE} shards of a mini-batch, or as many as it has, in the parameters' layout. */
  readonly shards: readonly Float32Array[];
  /** Their sum. */
  readonly total: Float32Array;
  /** Each shard's summed loss, and how many of its images were classified correctly. */
  readonly shardLosses: Float64Array;
  readonly shardCorrect: Float64Array;
  readonly state: OptimizerState;
  readonly feedback: FeedbackMemory;
}

/**
 * @param float64 makes the arrays of losses and counts, in memory that all members see
 * @throws {RangeError | TypeError} if an option is unusable, or an argument none
 */
export function trainingMemory(
  network: Network<Float32Array>,
  options: TrainingOptions,
  float64: (length: number) => Float64Array = (length) => new Float64Array(length),
): TrainingMemory {
  checkNetwork('trainingMemory', network);
  checkTraining('trainingMemory', options);
  const { kernels, layout } = network;
  const { parameterCount, learnedCount } = layout;
  const shards = Math.min(Math.ceil(options.batchSize / SHARD_SIZE), SHARDS_AT_ONCE);
  return allOrNone(kernels, (taking) => {
    const init = (length: number) => optimizers[options.optimizer].init(taking, length);
    return {
      shards: Array.from({ length: shards }, () => taking.alloc(parameterCount)),
      total: taking.alloc(parameterCount),
      state: init(learnedCount),
      feedback: feedbackMemory(network, taking, init),
      shardLosses: float64(shards), // last: where an array before them fails, none of these is to be given back
      shardCorrect: float64(shards),
    };
  });
}

/**
 * Gives back what {@link trainingMemory} took. A second time does nothing.
 *
 * @param freeFloat64 for the arrays of losses and counts
 * @throws {TypeError} if an argument is none
 */
export function freeTrainingMemory(
  kernels: Kernels<Float32Array>,
  memory: TrainingMemory,
  freeFloat64: (array: Float64Array) => void = () => {},
): void {
  checkKernels('freeTrainingMemory', 'kernels', kernels);
  checkMemory('freeTrainingMemory', memory);
  const { shards, total, state, feedback, shardLosses, shardCorrect } = memory;
  if (wasGivenBack(total)) return;
  const learned = [...Object.values(feedback.state), feedback.noise];
  for (const array of [...shards, total, ...Object.values(state), ...learned]) kernels.free(array);
  for (const array of [shardLosses, shardCorrect]) freeFloat64(array);
}

/** @throws {TypeError} if it is none */
export function checkMemory(where: string, memory: TrainingMemory): void {
  const arrays = ['shards', 'total', 'state', 'feedback', 'shardLosses', 'shardCorrect'];
  check.object(
    where,
    'memory',
    memory,
    'training memory (trainingMemory makes it)',
    Object.fromEntries(arrays.map((name) => [name, 'object'])),
  );
}
