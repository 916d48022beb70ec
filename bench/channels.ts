/*
 * The kernels of batch normalisation, for a shard of a ResNet's largest and smallest maps. LeNet has no batch
 * normalisation, so these kernels are no part of its training step.
 */
import type { Kernels } from '../src/tensor/kernels.js';
import { SHARD_SIZE } from '../src/training/shard.js';
import { type Case, type Family, filled, times } from './cases.js';

const MAPS = [
  { channels: 16, size: 1024 },
  { channels: 64, size: 64 },
] as const;

export const channelCases: Family = (kernels) => MAPS.flatMap((maps) => normalization(kernels, maps));

function normalization(kernels: Kernels<Float32Array>, { channels, size }: (typeof MAPS)[number]): Case[] {
  const planes = SHARD_SIZE * channels;
  const [x, y, dy] = [0, 1, 2].map(() => filled(kernels, planes * size));
  const [mean, factor, shift, sums, products] = [0, 1, 2, 3, 4].map(() => filled(kernels, channels));
  const shape = times(planes, size);
  const numbers = planes * size;
  return [
    {
      kernel: 'channelMoments',
      where: 'ResNet, statistics',
      shape,
      numbers: 2 * numbers,
      run: () => kernels.channelMoments(x, sums, products, planes, size),
    },
    {
      kernel: 'channelAffine',
      where: 'ResNet, forward',
      shape,
      numbers: 2 * numbers,
      run: () => kernels.channelAffine(x, y, mean, factor, shift, planes, size),
    },
    {
      kernel: 'channelProducts',
      where: 'ResNet, scales and shifts',
      shape,
      numbers: 2 * numbers,
      run: () => kernels.channelProducts(x, mean, dy, sums, products, planes, size),
    },
    {
      kernel: 'channelAffineBackward',
      where: 'ResNet, backward',
      shape,
      numbers: 3 * numbers,
      run: () => kernels.channelAffineBackward(x, mean, dy, y, shift, factor, factor, planes, size),
    },
  ];
}
