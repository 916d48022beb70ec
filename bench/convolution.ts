/*
 * The convolutions of a training step and of an attack, on LeNet-5's shapes: a shard of a mini-batch (training) or a
 * chunk of images (attacks) at once. Operations are counted as those of the matrix products that a convolution is:
 * 2·n·O·(OH·OW)·(C·K·K) for each of its three passes. What moves numbers about (packing images into lanes, padding) is
 * in the time and not in the count, and counts most where there is least to multiply: in conv1, of one channel.
 */
import { CHUNK_SIZE } from '../src/metrics/accuracy.js';
import type { Kernels } from '../src/tensor/kernels.js';
import { SHARD_SIZE } from '../src/training/train.js';
import { type Case, type Family, filled, times } from './cases.js';
import type { ConvolutionShape } from './lenet.js';

export const convolutionCases: Family = (kernels, { convolutions }) =>
  convolutions.flatMap((shape, i) => [
    ...convolution(kernels, shape, SHARD_SIZE, i > 0),
    ...convolution(kernels, shape, CHUNK_SIZE, i > 0),
  ]);

/** @param learnsBelow whether training needs the error below this layer */
function convolution(
  kernels: Kernels<Float32Array>,
  { name, outputs, window }: ConvolutionShape,
  n: number,
  learnsBelow: boolean,
): Case[] {
  const { channels, height, width, kernel, outHeight, outWidth } = window;
  const taps = channels * kernel * kernel;
  const places = outHeight * outWidth;
  const [weight, dw] = [0, 1].map(() => filled(kernels, outputs * taps));
  const [bias, db] = [0, 1].map(() => filled(kernels, outputs));
  const [x, dx] = [0, 1].map(() => filled(kernels, n * channels * height * width));
  const [y, dy] = [0, 1].map(() => filled(kernels, n * outputs * places));
  const common = {
    shape: `${n} × ${times(outputs, places, taps)}`,
    numbers: x.length + y.length + weight.length + bias.length,
    flops: 2 * n * outputs * places * taps,
  };
  const training = n === SHARD_SIZE ? { perShard: 1 } : {};
  const cases: Case[] = [
    {
      kernel: 'convForward',
      where: `${name} forward`,
      ...common,
      ...training,
      run: () => kernels.convForward(x, weight, bias, y, n, window),
    },
    {
      kernel: 'convBackwardInput',
      where: `${name} error below`,
      ...common,
      ...(learnsBelow ? training : {}),
      run: () => kernels.convBackwardInput(dy, weight, dx, n, window),
    },
  ];
  // An attack needs no gradient of the weights.
  if (n === SHARD_SIZE) {
    const run = () => kernels.convBackwardWeights(x, dy, dw, db, n, window);
    cases.push({ kernel: 'convBackwardWeights', where: `${name} weights`, ...common, ...training, run });
  }
  return cases;
}
