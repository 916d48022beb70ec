import { test } from 'tap';
import { attacks } from '../../src/attacks/index.js';
import { loadKernels } from '../../src/tensor/backends.js';
import { Heap } from '../../src/tensor/heap.js';
import { backends } from '../../src/tensor/kernels.js';
import { sameBits } from '../helpers/arrays.js';
import { attacked, victims, wavy } from '../helpers/attacks.js';

const { fgsm, bim } = attacks;

test('x + ε·sign(w) on a linear model: the whole closed form', async (t) => {
  const linear = {
    images: Float32Array.of(0.5, 0.5, 0.5, 0.5),
    labels: Uint8Array.of(0),
    size: 4,
    gradient: () => [3, -0.001, 0, -2],
  };
  t.same([...attacked(fgsm, linear, { epsilon: 0.25 })], [0.75, 0.25, 0.5, 0.25]);
});

test('the result is clipped to [0, 1], unless clipping is off', async (t) => {
  const bright = { images: Float32Array.of(0.875, 0.125), labels: Uint8Array.of(0), size: 2, gradient: () => [1, -1] };
  t.same([...attacked(fgsm, bright, { epsilon: 0.5 })], [1, 0]);
  t.same([...attacked(fgsm, bright, { epsilon: 0.5, clip: false })], [1.375, -0.375]);
});

test('sign(0) = 0: a pixel without gradient stays, as does an image without any', async (t) => {
  const mixed = {
    images: Float32Array.of(0.5, 0.5, 0.25, 0.75),
    labels: Uint8Array.of(0, 1),
    size: 2,
    gradient: (_: Float32Array, label: number) => (label === 0 ? [0, 1] : [0, -0]),
  };
  t.same([...attacked(fgsm, mixed, { epsilon: 0.25 })], [0.5, 0.75, 0.25, 0.75]);
});

test('the smallest gradient there is counts as much as the largest', async (t) => {
  const tiny = { images: Float32Array.of(0.5, 0.5), labels: Uint8Array.of(0), size: 2, gradient: () => [1e-45, -3e38] };
  t.same([...attacked(fgsm, tiny, { epsilon: 0.5 })], [1, 0]);
});

test('each image follows its own label’s gradient', async (t) => {
  const two = {
    images: Float32Array.of(0.5, 0.5, 0.5),
    labels: Uint8Array.of(1, 0, 1),
    size: 1,
    gradient: (_: Float32Array, label: number) => [label === 1 ? 1 : -1],
  };
  t.same([...attacked(fgsm, two, { epsilon: 0.25 })], [0.75, 0.25, 0.75]);
});

test('FGSM is one step, whatever iterations, step size or momentum say', async (t) => {
  const target = victims(3, 9, 1, wavy);
  const plain = attacked(fgsm, target, { epsilon: 0.3 });
  t.ok(sameBits(attacked(fgsm, target, { epsilon: 0.3, iterations: 10, stepSize: 0.01, momentum: 0.5 }), plain));
});

for (const backend of backends) {
  test(`${backend}: FGSM is BIM with one step, bit for bit`, async (t) => {
    const kernels = await loadKernels(backend, new Heap());
    const target = victims(5, 13, 2, wavy);
    for (const epsilon of [0.01, 0.1, 1 / 3, 0.7, 1]) {
      const expected = attacked(bim, target, { epsilon, iterations: 1 }, kernels);
      t.ok(sameBits(attacked(fgsm, target, { epsilon }, kernels), expected), `ε = ${epsilon}`);
    }
  });
}
