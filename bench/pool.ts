/* Max-pooling of a shard's planes. GB/s counts each pixel, output and index once. */
import { SHARD_SIZE } from '../src/training/shard.js';
import { type Family, filled, times } from './cases.js';

export const poolCases: Family = (kernels, { pools }) =>
  pools.flatMap(({ name, window }) => {
    const { channels, height, width, outHeight, outWidth } = window;
    const planes = SHARD_SIZE * channels;
    const [inputs, outputs] = [planes * height * width, planes * outHeight * outWidth];
    const x = filled(kernels, inputs);
    const dx = filled(kernels, inputs);
    const y = filled(kernels, outputs);
    const winner = kernels.allocIndices(outputs);
    kernels.maxPool(x, y, winner, planes, window);
    const common = { shape: times(planes, height, width), numbers: inputs + 2 * outputs, perShard: 1 };
    return [
      {
        kernel: 'maxPool',
        where: `${name} forward`,
        ...common,
        run: () => kernels.maxPool(x, y, winner, planes, window),
      },
      {
        kernel: 'maxPoolBackward',
        where: `${name} backward`,
        ...common,
        run: () => kernels.maxPoolBackward(y, winner, dx, planes, window),
      },
    ];
  });
