/*
 * Kernels that run once per mini-batch or ascent step. They add the shards' gradients, make the optimizer's step on all
 * of LeNet-5's parameters, or make an L∞ attack's step on a chunk of images. Others serve rules that draw their
 * feedback weights anew, or copy the signs of the forward weights.
 */
import { CHUNK_SIZE } from '../src/metrics/chunks.js';
import { sizeOf } from '../src/tensor/tensor.js';
import { defaultTraining } from '../src/training/options.js';
import { SHARD_SIZE } from '../src/training/shard.js';
import { type Family, filled, times } from './cases.js';

/** A rate so small that a parameter keeps its magnitude after any number of steps. */
const RATE = 1e-6;

export const stepCases: Family = (kernels, { parameterCount: count, image }) => {
  const [weights, gradient, moment, square] = [0, 1, 2, 3].map(() => filled(kernels, count));
  square.fill(0.5);
  const shards = Math.ceil(defaultTraining.batchSize / SHARD_SIZE);
  const parts = Array.from({ length: shards }, () => filled(kernels, count));
  const pixels = CHUNK_SIZE * sizeOf(image);
  const [x, direction, clean] = [0, 1, 2].map(() => filled(kernels, pixels));
  const adam = { rate: RATE, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, decay: 0, scale: 1 / defaultTraining.batchSize };
  return [
    {
      kernel: 'sumParts',
      where: 'shards of a mini-batch',
      shape: times(shards, count),
      numbers: (shards + 1) * count,
      perShard: 1 / shards,
      run: () => kernels.sumParts(parts, shards, gradient, count),
    },
    {
      kernel: 'sgd',
      where: 'all parameters',
      shape: `${count}`,
      numbers: 5 * count,
      perShard: 1 / shards,
      run: () => kernels.sgd(weights, gradient, moment, count, RATE, 0.9, 0, adam.scale),
    },
    {
      kernel: 'adam',
      where: 'all parameters',
      shape: `${count}`,
      numbers: 7 * count,
      run: () => kernels.adam(weights, gradient, moment, square, count, adam),
    },
    {
      kernel: 'rescale',
      where: 'all parameters',
      shape: `${count}`,
      numbers: 2 * count,
      run: () => kernels.rescale(weights, count, 1 - RATE),
    },
    {
      kernel: 'copySigns',
      where: 'all parameters',
      shape: `${count}`,
      numbers: 3 * count,
      run: () => kernels.copySigns(moment, weights, gradient, count),
    },
    {
      kernel: 'uniform',
      where: 'all parameters',
      shape: `${count}`,
      numbers: count,
      run: () => kernels.uniform(gradient, count, 0, { keys: [1, 2], step: 0 }),
    },
    {
      kernel: 'signStep',
      where: 'a chunk of images',
      shape: `${pixels}`,
      numbers: 4 * pixels,
      run: () => kernels.signStep(x, direction, clean, pixels, 0.03, 0.3, 0, 1),
    },
  ];
};
