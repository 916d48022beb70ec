/*
 * The convolutions of a training step and of an attack, on LeNet-5's shapes. A call computes a shard of a mini-batch
 * (training) or a pass of images (attacks). Operations are those of the equivalent matrix product,
 * 2·n·O·(OH·OW)·(C·K·K) for each of the three passes. The time includes moving numbers (packing images into lanes,
 * padding); the number of operations doesn't. This matters most for conv1, which has one channel.
 *
 * The backward passes are measured in two cases. LeNet-5's convolutions lie below ReLU and 2 × 2 max pooling, where at
 * most one error in four is not zero. SIMD kernels may leave the zeros out. The operations are still those of the whole
 * product: a speed above the peak shows the saving. Without zeros, as below tanh and average pooling, nothing can be
 * left out: the speed is the kernels' true speed.
 */
import { convolutionOf } from '../src/layers/conv2d.js';
import { PASS } from '../src/models/network.js';
import type { Window } from '../src/tensor/im2col.js';
import type { Kernels } from '../src/tensor/kernels.js';
import { stream } from '../src/tensor/random.js';
import { SHARD_SIZE } from '../src/training/shard.js';
import { type Case, type Family, filled, times } from './cases.js';
import type { ConvolutionShape } from './lenet.js';

export const convolutionCases: Family = (kernels, { convolutions }) =>
  convolutions.flatMap((shape, i) => [
    ...convolution(kernels, shape, SHARD_SIZE, i > 0),
    ...convolution(kernels, shape, PASS, i > 0),
  ]);

/** Makes the cases of one convolution. @param learnsBelow true if training needs the error below this layer */
function convolution(
  kernels: Kernels<Float32Array>,
  { name, outputs, window }: ConvolutionShape,
  n: number,
  learnsBelow: boolean,
): Case[] {
  const { channels, height, width, kernel, outHeight, outWidth } = window;
  const passes = convolutionOf(kernels);
  const taps = channels * kernel * kernel;
  const places = outHeight * outWidth;
  const [weight, dw] = [0, 1].map(() => filled(kernels, outputs * taps));
  const [bias, db] = [0, 1].map(() => filled(kernels, outputs));
  const [x, dx] = [0, 1].map(() => filled(kernels, n * channels * height * width));
  const [y, all] = [0, 1].map(() => filled(kernels, n * outputs * places));
  const pooled = keptByPooling(all, kernels.alloc(all.length), window);
  const common = {
    shape: `${n} × ${times(outputs, places, taps)}`,
    numbers: x.length + y.length + weight.length + bias.length,
  };
  const flops = 2 * n * outputs * places * taps;
  const training = n === SHARD_SIZE ? { perShard: 1 } : {};
  const forward: Case = {
    kernel: 'conv forward',
    where: `${name} forward`,
    ...common,
    flops,
    ...training,
    run: () => passes.forward(x, weight, bias, y, n, window),
  };
  const backward = [
    { dy: pooled, how: '', counted: training },
    { dy: all, how: ', all errors', counted: {} },
  ].flatMap(({ dy, how, counted }) => {
    const work = { ...common, flops };
    const below: Case = {
      kernel: 'conv backwardInput',
      where: `${name} error below${how}`,
      ...work,
      ...(learnsBelow ? counted : {}),
      run: () => passes.backwardInput(dy, weight, dx, n, window),
    };
    const weights: Case = {
      kernel: 'conv backwardWeights',
      where: `${name} weights${how}`,
      ...work,
      ...counted,
      run: () => passes.backwardWeights(x, dy, dw, db, n, window),
    };
    return n === SHARD_SIZE ? [below, weights] : [below]; // an attack needs no gradient of the weights
  });
  return [forward, ...backward];
}

/** The share of pooling windows with a maximum above zero, whose error ReLU passes on: LeNet-5's share on MNIST. */
const ACTIVE = 0.65;

/** Copies one error of most 2 × 2 windows to `kept`, which is all zeros; the maps have an even height. */
function keptByPooling(all: Float32Array, kept: Float32Array, { outWidth }: Window): Float32Array {
  const random = stream(all.length);
  for (let row = 0; row < all.length / outWidth; row += 2) {
    for (let x = 0; x + 1 < outWidth; x += 2) {
      if (random.uniform() > ACTIVE) continue;
      const winner = (row + random.integer(0, 1)) * outWidth + x + random.integer(0, 1);
      kept[winner] = all[winner];
    }
  }
  return kept;
}
