import { test } from 'tap';
import { activation } from '../../src/layers/activation.js';
import { flatten } from '../../src/layers/flatten.js';
import { relu } from '../../src/layers/relu.js';
import { sigmoid } from '../../src/layers/sigmoid.js';
import { tanh } from '../../src/layers/tanh.js';
import { float64Kernels } from '../../src/tensor/reference.js';
import { largestDifference } from '../helpers/arrays.js';
import { runPlain } from '../helpers/layers.js';

const kernels = float64Kernels();
const x = [-2, 0, 0.5, 3];
const dy = [10, 20, 30, 40];
const run = (phi: typeof relu, input: readonly number[] = x) =>
  runPlain(kernels, activation('phi', [4], phi), 1, input, dy);

test('relu: max(x, 0), with slope 1 above zero and 0 elsewhere, at 0 too', async (t) => {
  t.same(run(relu), { y: [0, 0, 0.5, 3], dx: [0, 0, 30, 40] });
});

test('tanh: its slope is 1 / cosh² x', async (t) => {
  const { y, dx } = run(tanh);
  t.ok(largestDifference(y, [-0.9640275800758169, 0, 0.4621171572600098, 0.9950547536867305]) < 1e-15);
  t.ok(
    largestDifference(
      dx,
      x.map((value, i) => dy[i] / Math.cosh(value) ** 2),
    ) < 1e-13,
  );
});

test('sigmoid: 1 / (1 + e^−x), with slope 1 / (2 + 2·cosh x)', async (t) => {
  const { y, dx } = run(sigmoid);
  t.ok(largestDifference(y, [0.11920292202211755, 0.5, 0.6224593312018546, 0.9525741268224334]) < 1e-15);
  t.ok(
    largestDifference(
      dx,
      x.map((value, i) => dy[i] / (2 + 2 * Math.cosh(value))),
    ) < 1e-13,
  );
});

test('far out, every activation is flat or straight, and never NaN', async (t) => {
  const far = [-1e30, 1e30, -1000, 1000];
  t.same(run(relu, far), { y: [0, 1e30, 0, 1000], dx: [0, 20, 0, 40] });
  t.same(run(tanh, far), { y: [-1, 1, -1, 1], dx: [0, 0, 0, 0] });
  t.same(run(sigmoid, far), { y: [0, 1, 0, 1], dx: [0, 0, 0, 0] });
});

test('an activation keeps the shape it is given', async (t) => {
  const layer = activation('relu1', [6, 28, 28], relu);
  t.same(
    [layer.inputShape, layer.outputShape],
    [
      [6, 28, 28],
      [6, 28, 28],
    ],
  );
});

test('flattening makes one axis of all', async (t) => {
  const layer = flatten('flatten', [16, 5, 5]);
  t.same([layer.inputShape, layer.outputShape], [[16, 5, 5], [400]]);
});
