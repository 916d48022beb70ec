import { test } from 'tap';
import { ShapeError } from '../../src/errors.js';
import { normalize } from '../../src/layers/normalize.js';
import { float64Kernels } from '../../src/tensor/reference.js';
import { runPlain } from '../helpers/layers.js';

test('each channel is shifted by its mean and divided by its deviation; errors are divided alone', async (t) => {
  const layer = normalize('normalize', [2, 1, 2], { mean: [0.5, 0.25], std: [0.25, 0.5] });
  const { y, dx } = runPlain(float64Kernels(), layer, 2, [0, 1, 0, 1, 0.5, 0.75, 0.25, 0.5], [1, 2, 3, 4, 5, 6, 7, 8]);
  t.same(y, [-2, 2, -0.5, 1.5, 0, 1, 0, 0.5]);
  t.same(dx, [4, 8, 6, 8, 20, 24, 14, 16]);
});

test('mean and deviation need one number per channel', async (t) => {
  t.throws(() => normalize('normalize', [3, 8, 8], { mean: [0.5], std: [0.2, 0.2, 0.2] }), {
    constructor: ShapeError,
    message: 'normalize: mean has 1 and std 3 values, the input has 3 channels',
  });
  t.throws(() => normalize('normalize', [1, 8, 8], { mean: [0.5], std: [] }), ShapeError);
});
