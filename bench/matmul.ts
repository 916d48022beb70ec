/*
 * The matrix products of LeNet-5's linear layers in three forms. m × n × k means an `[m, n]` result of sums of k terms,
 * with 2·m·n·k operations. A call multiplies a whole shard of a mini-batch (training) or a pass of images (attacks).
 *
 * A product stays below the peak if a side is not a multiple of the register block (fc3 has 10 outputs), or if k is
 * small. The weights of fc1, 48,000 numbers, don't fit the L1 cache.
 */
import { PASS } from '../src/models/network.js';
import type { Kernels } from '../src/tensor/kernels.js';
import { SHARD_SIZE } from '../src/training/shard.js';
import { type Case, type Family, filled, times } from './cases.js';
import type { LinearShape } from './lenet.js';

export const matmulCases: Family = (kernels, { linears }) =>
  linears.flatMap((shape) => [...linear(kernels, shape, SHARD_SIZE), ...linear(kernels, shape, PASS)]);

function linear(kernels: Kernels<Float32Array>, { name, inputs, outputs }: LinearShape, images: number): Case[] {
  /** Makes the case of a product: `[m, n]` from sums of k terms. */
  const product = (form: 'matmul' | 'matmulTA' | 'matmulTB', pass: string, m: number, n: number, k: number): Case => {
    const [a, b, c] = [m * k, k * n, m * n].map((length) => filled(kernels, length));
    return {
      kernel: form,
      where: `${name} ${pass}`,
      shape: times(m, n, k),
      numbers: m * k + k * n + m * n,
      flops: 2 * m * n * k,
      ...(images === SHARD_SIZE ? { perShard: 1 } : {}),
      run: () => kernels[form](a, b, c, m, n, k),
    };
  };
  const cases = [
    product('matmulTB', 'forward', images, outputs, inputs),
    product('matmul', 'error below', images, inputs, outputs),
  ];
  // An attack needs no gradient of the weights.
  if (images === SHARD_SIZE) cases.push(product('matmulTA', 'weights', outputs, inputs, images));
  return cases;
}
