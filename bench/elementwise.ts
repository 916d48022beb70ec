/*
 * Kernels that read each number once: linear layers' biases and their gradients, ReLU, the normalisation of pixels. On
 * LeNet's sizes they work in the L1 or L2 cache, so their GB/s can be several times the main memory's.
 */
import type { Kernels } from '../src/tensor/kernels.js';
import { sizeOf } from '../src/tensor/tensor.js';
import { SHARD_SIZE } from '../src/training/shard.js';
import { type Case, type Family, filled, times } from './cases.js';

export const elementwiseCases: Family = (kernels, { linears, activations, image }) => [
  ...linears.flatMap(({ name, outputs }) => columnBias(kernels, name, outputs)),
  ...activations.flatMap(({ name, size }) => activation(kernels, name, SHARD_SIZE * size)),
  ...normalization(kernels, image),
];

/** Makes the cases of a linear layer's bias, for a shard. */
function columnBias(kernels: Kernels<Float32Array>, name: string, columns: number): Case[] {
  const rows = SHARD_SIZE;
  const y = filled(kernels, rows * columns);
  const bias = filled(kernels, columns);
  const common = { shape: times(rows, columns), perShard: 1 };
  return [
    {
      kernel: 'addToColumns',
      where: `${name} forward`,
      ...common,
      numbers: 2 * rows * columns + columns,
      run: () => kernels.addToColumns(y, bias, rows, columns),
    },
    {
      kernel: 'sumColumns',
      where: `${name} weights`,
      ...common,
      numbers: rows * columns + columns,
      run: () => kernels.sumColumns(y, bias, rows, columns),
    },
  ];
}

function activation(kernels: Kernels<Float32Array>, name: string, length: number): Case[] {
  const [x, y, dy] = [0, 1, 2].map(() => filled(kernels, length));
  const common = { shape: `${length}`, perShard: 1 };
  return [
    {
      kernel: 'relu',
      where: `${name} forward`,
      ...common,
      numbers: 2 * length,
      run: () => kernels.relu(x, y, length),
    },
    {
      kernel: 'reluBackward',
      where: `${name} backward`,
      ...common,
      numbers: 3 * length,
      run: () => kernels.reluBackward(x, dy, y, length),
    },
  ];
}

function normalization(kernels: Kernels<Float32Array>, [channels, ...plane]: readonly number[]): Case[] {
  const size = sizeOf(plane);
  const planes = SHARD_SIZE * channels;
  const [x, y] = [0, 1].map(() => filled(kernels, planes * size));
  const [mean, std] = [0, 1].map(() => filled(kernels, channels));
  const common = { shape: times(planes, size), numbers: 2 * planes * size };
  return [
    {
      kernel: 'normalize',
      where: 'pixels forward',
      ...common,
      perShard: 1,
      run: () => kernels.normalize(x, y, mean, std, planes, size),
    },
    {
      kernel: 'normalizeBackward',
      where: 'pixels backward (attacks)',
      ...common,
      run: () => kernels.normalizeBackward(x, y, std, planes, size),
    },
  ];
}
