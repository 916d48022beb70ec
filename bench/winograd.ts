/*
 * The 3×3 convolutions of a ResNet for CIFAR-10 (He et al. 2016, section 4.2) on a shard of a mini-batch, each direct
 * and by Winograd's minimal filtering. Both count the operations of the direct convolution, 2·n·O·(OH·OW)·(C·K·K) for
 * each pass: so speeds compare as times do. Winograd's may be above the peak, as it multiplies four times less. No
 * error is zero, as below a batch normalisation.
 */
import { convolutionAlgorithms, convolutionOf } from '../src/layers/conv2d.js';
import { slidingWindow } from '../src/tensor/im2col.js';
import type { Kernels } from '../src/tensor/kernels.js';
import { SHARD_SIZE } from '../src/training/shard.js';
import { type Case, type Family, filled, times } from './cases.js';

/** The channels of input and output, and the side of a map. */
const STAGES = [
  { channels: 16, side: 32 },
  { channels: 32, side: 16 },
  { channels: 64, side: 8 },
] as const;

export const winogradCases: Family = (kernels) => STAGES.flatMap((stage) => bothWays(kernels, stage));

function bothWays(kernels: Kernels<Float32Array>, { channels, side }: (typeof STAGES)[number]): Case[] {
  const n = SHARD_SIZE;
  const window = slidingWindow('bench', [channels, side, side], { kernel: 3, padding: 1 });
  const [places, taps] = [side * side, channels * 9];
  const [x, y, dx, dy] = [0, 1, 2, 3].map(() => filled(kernels, n * channels * places));
  const [weight, dw] = [0, 1].map(() => filled(kernels, channels * taps));
  const [bias, db] = [0, 1].map(() => filled(kernels, channels));
  const common = {
    shape: `${n} × ${times(channels, places, taps)}`,
    numbers: x.length + y.length + weight.length + bias.length,
    flops: 2 * n * channels * places * taps,
  };
  const passes = convolutionAlgorithms.map((algorithm) => {
    const kind = algorithm === 'direct' ? 'conv' : algorithm;
    const convolution = convolutionOf(kernels, algorithm);
    const where = `${channels} → ${channels} at ${side} × ${side}`;
    return [
      {
        kernel: `${kind} forward`,
        where: `${where} forward`,
        ...common,
        run: () => convolution.forward(x, weight, bias, y, n, window),
      },
      {
        kernel: `${kind} backwardInput`,
        where: `${where} error below`,
        ...common,
        run: () => convolution.backwardInput(dy, weight, dx, n, window),
      },
      {
        kernel: `${kind} backwardWeights`,
        where: `${where} weights`,
        ...common,
        run: () => convolution.backwardWeights(x, dy, dw, db, n, window),
      },
    ] satisfies Case[];
  });
  return [0, 1, 2].flatMap((pass) => passes.map((all) => all[pass]));
}
