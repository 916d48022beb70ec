import { test } from 'tap';
import { ShapeError } from '../../src/errors.js';
import { avgPool } from '../../src/layers/avg-pool.js';
import { maxPool } from '../../src/layers/max-pool.js';
import { referenceKernels } from '../../src/tensor/reference.js';
import { runPlain } from '../helpers/layers.js';

const kernels = referenceKernels();
// Two images of one channel, 2×4.
const x = [1, 5, -3, -1, 2, 4, -2, -4, 0, 0, 8, 7, 0, 0, 9, 9];
const dy = [10, 20, 30, 40];

test('max-pooling takes the largest of each window; its error goes to that pixel, the first on a tie', async (t) => {
  const { y, dx } = runPlain(kernels, maxPool('pool', [1, 2, 4], { kernel: 2 }), 2, x, dy);
  t.same(y, [5, -1, 0, 9]);
  t.same(dx, [0, 10, 0, 20, 0, 0, 0, 0, 30, 0, 0, 0, 0, 0, 40, 0]);
});

test('average pooling takes the mean of each window; its error is shared out equally', async (t) => {
  const { y, dx } = runPlain(kernels, avgPool('pool', [1, 2, 4], { kernel: 2 }), 2, x, dy);
  t.same(y, [3, -2.5, 0, 8.25]);
  t.same(dx, [2.5, 2.5, 5, 5, 2.5, 2.5, 5, 5, 7.5, 7.5, 10, 10, 7.5, 7.5, 10, 10]);
});

test('overlapping windows add up their errors', async (t) => {
  const { y, dx } = runPlain(
    kernels,
    avgPool('pool', [1, 2, 3], { kernel: 2, stride: 1 }),
    1,
    [1, 2, 3, 4, 5, 6],
    [4, 8],
  );
  t.same(y, [3, 4]);
  t.same(dx, [1, 3, 2, 1, 3, 2]);
  const max = runPlain(kernels, maxPool('pool', [1, 2, 3], { kernel: 2, stride: 1 }), 1, [1, 9, 3, 4, 5, 6], [4, 8]);
  t.same(max.y, [9, 9]);
  t.same(max.dx, [0, 12, 0, 0, 0, 0]);
});

test('channels are pooled each on its own', async (t) => {
  const planes = [1, 2, 3, 4, 50, 60, 70, 80];
  t.same(runPlain(kernels, maxPool('pool', [2, 2, 2], { kernel: 2 }), 1, planes, [1, 2]).y, [4, 80]);
  t.same(runPlain(kernels, avgPool('pool', [2, 2, 2], { kernel: 2 }), 1, planes, [1, 2]).y, [2.5, 65]);
});

for (const pool of [maxPool, avgPool]) {
  test(`${pool.name}: pixels that no window covers get no error`, async (t) => {
    const layer = pool('pool', [1, 3, 3], { kernel: 2 });
    t.same(layer.outputShape, [1, 1, 1]);
    const { dx } = runPlain(kernels, layer, 1, [1, 2, 99, 3, 4, 99, 99, 99, 99], [1]);
    t.same(
      [2, 5, 6, 7, 8].map((i) => dx[i]),
      [0, 0, 0, 0, 0],
    );
    t.equal(
      dx.reduce((sum, value) => sum + value),
      1,
    );
  });
}

test('a window that does not fit is refused in the name of the pooling', async (t) => {
  const error = (operation: string) => ({
    constructor: ShapeError,
    message: `${operation}: a 3×3 kernel does not fit an input of 2×5 with padding 0`,
  });
  t.throws(() => maxPool('pool', [1, 2, 5], { kernel: 3 }), error('max-pool'));
  t.throws(() => avgPool('pool', [1, 2, 5], { kernel: 3 }), error('avg-pool'));
});
