import { test } from 'tap';
import { ShapeError } from '../../src/errors.js';
import { linear } from '../../src/layers/linear.js';
import { referenceKernels } from '../../src/tensor/reference.js';
import { runWeighted } from '../helpers/layers.js';

// Two images of three inputs; two outputs.
const given = {
  x: [1, 2, 3, -1, 0, 1],
  weight: [1, 0, 2, 0.5, -1, 3],
  bias: [10, 20],
  dy: [1, -1, 2, 4],
  carrier: [1, 2, 3, 4, 5, 6],
};

test('y = x·Wᵀ + b, image by image', async (t) => {
  const { y } = runWeighted(referenceKernels(), linear('fc', [3], { outputs: 2 }), 2, given);
  t.same([...y], [1 + 6 + 10, 0.5 - 2 + 9 + 20, -1 + 2 + 10, -0.5 + 3 + 20]);
});

test('dw = dyᵀ·x and db = Σ dy, summed over the images', async (t) => {
  const { dw, db } = runWeighted(referenceKernels(), linear('fc', [3], { outputs: 2 }), 2, given);
  t.same([...dw], [1 - 2, 2, 3 + 2, -1 - 4, -2, -3 + 4]);
  t.same([...db], [3, 3]);
});

test('dx = dy·carrier: the carrier alone decides, not the weights', async (t) => {
  const { dx } = runWeighted(referenceKernels(), linear('fc', [3], { outputs: 2 }), 2, given);
  t.same([...dx], [1 - 4, 2 - 5, 3 - 6, 2 + 16, 4 + 20, 6 + 24]);
});

test('the layer says its shapes in PyTorch’s layout', async (t) => {
  const layer = linear('fc1', [400], { outputs: 120 });
  t.same([layer.outputShape, layer.weightShape, layer.biasShape], [[120], [120, 400], [120]]);
  t.equal(layer.fanIn, 400);
});

test('an input that is not flat is refused', async (t) => {
  t.throws(() => linear('fc', [16, 5, 5], { outputs: 120 }), {
    constructor: ShapeError,
    message: 'linear: the input has shape [16, 5, 5], one axis is expected (flatten it first)',
  });
});
