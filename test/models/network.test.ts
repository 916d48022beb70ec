import { test } from 'tap';
import { ShapeError } from '../../src/errors.js';
import { linear } from '../../src/layers/linear.js';
import { crossEntropy } from '../../src/losses/cross-entropy.js';
import { networkOracle } from '../../src/models/oracle.js';
import { loadKernels } from '../../src/tensor/backends.js';
import { Heap } from '../../src/tensor/heap.js';
import { backends } from '../../src/tensor/kernels.js';
import { float64Kernels, referenceKernels } from '../../src/tensor/reference.js';
import { contiguous, type Tensor, tensor } from '../../src/tensor/tensor.js';
import { randomLabels, relativeDifference, sameBits } from '../helpers/arrays.js';
import { lenetOf, networkOf, noiseImages, weightsOf } from '../helpers/networks.js';

const shape = [1, 28, 28];
const one = (images: Tensor<Float32Array>, i: number) =>
  tensor(images.data.slice(i * 784, (i + 1) * 784), [1, ...shape]);
const feedbackPath = { path: 'feedback', loss: crossEntropy } as const;

for (const backend of backends) {
  test(`${backend}: a batch of 70 is, image by image and bit for bit, what each image is alone`, async (t) => {
    const network = lenetOf('fa', await loadKernels(backend, new Heap()));
    const images = noiseImages(70, shape);
    const labels = randomLabels(70, 10, 1);
    const logits = network.logits(images);
    const gradient = network.inputGradient(images, labels, feedbackPath);
    const predictions = network.predict(images);
    t.same(
      [logits.shape, gradient.shape],
      [
        [70, 10],
        [70, 1, 28, 28],
      ],
    );
    for (const i of [0, 1, 15, 16, 62, 63, 64, 65, 69]) {
      const alone = one(images, i);
      t.ok(sameBits(network.logits(alone).data, logits.data.slice(i * 10, (i + 1) * 10)), `logits of image ${i}`);
      const own = network.inputGradient(alone, labels.slice(i, i + 1), feedbackPath).data;
      t.ok(sameBits(own, gradient.data.slice(i * 784, (i + 1) * 784)), `gradient of image ${i}`);
      t.equal(network.predict(alone)[0], predictions[i]);
    }
  });
}

test('the backends give the same logits and gradients but for rounding', async (t) => {
  const images = noiseImages(5, shape);
  const labels = randomLabels(5, 10, 2);
  const [truth, ...others] = [float64Kernels(), referenceKernels(), await loadKernels('simd', new Heap())].map(
    (kernels) => {
      const network = lenetOf('bp', kernels as ReturnType<typeof referenceKernels>);
      return [network.logits(images).data, network.inputGradient(images, labels, feedbackPath).data];
    },
  );
  for (const [logits, gradient] of others) {
    t.ok(relativeDifference(logits, truth[0]) < 1e-5);
    t.ok(relativeDifference(gradient, truth[1]) < 1e-5);
  }
});

test('images seen through a view are read in the order of the view', async (t) => {
  const network = lenetOf('bp', referenceKernels());
  const images = noiseImages(3, shape);
  const turned = images.transpose(0, 1, 3, 2) as Tensor<Float32Array>;
  const copy = tensor(contiguous(turned).slice(), turned.shape);
  t.ok(sameBits(network.logits(turned).data, network.logits(copy).data));
  t.notOk(sameBits(network.logits(turned).data, network.logits(images).data));
  const channelsLast = tensor(images.data, [3, 28, 28, 1]).transpose(0, 3, 1, 2) as Tensor;
  t.ok(sameBits(network.logits(channelsLast).data, network.logits(images).data), '[N, H, W, C] as [N, C, H, W]');
  const reversed = images.step(-1, 1, 1, 1) as Tensor;
  const [forward, backward] = [network.logits(images).data, network.logits(reversed).data];
  t.ok(sameBits(backward.slice(0, 10), forward.slice(20, 30)));
});

test('images of another shape are refused with both shapes, whatever is asked', async (t) => {
  const network = lenetOf('bp', referenceKernels());
  const labels = new Uint8Array(2);
  const asked: Record<string, (x: Tensor) => unknown> = {
    logits: (x) => network.logits(x),
    predict: (x) => network.predict(x),
    inputGradient: (x) => network.inputGradient(x, labels, feedbackPath),
  };
  for (const [operation, ask] of Object.entries(asked)) {
    t.throws(() => ask(noiseImages(2, [3, 28, 28])), {
      constructor: ShapeError,
      message: `${operation}: images have shape [2, 3, 28, 28], the network expects [N, 1, 28, 28]`,
    });
    t.throws(() => ask(noiseImages(2, [28, 28])), {
      constructor: ShapeError,
      message: /images have shape \[2, 28, 28\]/,
    });
  }
});

test('as many labels as images are needed', async (t) => {
  const network = lenetOf('bp', referenceKernels());
  t.throws(() => network.inputGradient(noiseImages(3, shape), new Uint8Array(2), feedbackPath), {
    constructor: ShapeError,
    message: 'inputGradient: 3 images, 2 labels',
  });
});

test('no images give no logits', async (t) => {
  const network = lenetOf('bp', referenceKernels());
  const none = tensor(new Float32Array(0), [0, ...shape]);
  t.same(network.logits(none).shape, [0, 10]);
  t.equal(network.predict(none).length, 0);
});

test('a prediction is the class of the largest logit, the first on a tie', async (t) => {
  const network = networkOf([linear('fc', [3], { outputs: 4 })], 'bp', referenceKernels());
  weightsOf(network, 'fc.weight').set([1, 0, 0, 2, 1, 0, 2, 0, 1, 0, 0, 2]);
  const images = tensor(Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0), [4, 3]);
  t.same([...network.logits(images).data], [1, 2, 2, 0, 0, 1, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0]);
  t.same([...network.predict(images)], [1, 1, 3, 0]);
});

test('asking leaves the images as they are', async (t) => {
  const network = lenetOf('fa', referenceKernels());
  const images = noiseImages(2, shape);
  const before = images.data.slice();
  network.logits(images);
  network.inputGradient(images, new Uint8Array(2), feedbackPath);
  networkOracle(network, feedbackPath, 2).gradient(images.data, new Uint8Array(2), 2);
  t.ok(sameBits(images.data, before));
});

test('an answer is not overwritten by the next, nor does it use up the kernels’ memory', async (t) => {
  const heap = new Heap();
  const network = lenetOf('fa', await loadKernels('simd', heap));
  const [images, others] = [noiseImages(2, shape, 1), noiseImages(2, shape, 2)];
  const logits = network.logits(images);
  const gradient = network.inputGradient(images, new Uint8Array(2), feedbackPath);
  const [keptLogits, keptGradient, used] = [logits.data.slice(), gradient.data.slice(), heap.used];
  network.logits(others);
  network.inputGradient(others, new Uint8Array(2), feedbackPath);
  t.ok(sameBits(logits.data, keptLogits));
  t.ok(sameBits(gradient.data, keptGradient));
  t.equal(heap.used, used);
});

test('the two paths are one for backpropagation, two for feedback alignment', async (t) => {
  const images = noiseImages(2, shape);
  const labels = Uint8Array.of(1, 2);
  for (const [rule, same] of [
    ['bp', true],
    ['fa', false],
  ] as const) {
    const network = lenetOf(rule, referenceKernels());
    const along = (path: 'true' | 'feedback') =>
      network.inputGradient(images, labels, { path, loss: crossEntropy }).data;
    t.equal(sameBits(along('true'), along('feedback')), same, rule);
  }
});

test('a workspace of one capacity is made once', async (t) => {
  const network = lenetOf('bp', referenceKernels());
  t.equal(network.workspace(8), network.workspace(8));
  t.not(network.workspace(8), network.workspace(9));
  t.equal(network.answers(8), network.answers(8), 'and so is the memory of an oracle');
});

test('networks that were released make room for others: 5,000 on a heap with room for a few', async (t) => {
  const heap = new Heap({ maximumBytes: 1e6 });
  const kernels = await loadKernels('simd', heap);
  const images = tensor(new Float32Array(50), [1, 50]);
  let used = 0;
  for (let i = 0; i < 5000; i++) {
    const network = networkOf([linear('fc', [50], { outputs: 50 })], 'fa', kernels); // twice 10 kB
    network.predict(images);
    network.release();
    network.release(); // which does nothing
    if (i === 0) used = heap.used;
  }
  t.equal(heap.used, used);
});

test('a released network is not used any more', async (t) => {
  const network = lenetOf('fa', await loadKernels());
  network.predict(noiseImages(1, shape));
  network.release();
  t.throws(() => network.predict(noiseImages(1, shape)), /was released/);
});

test('where there is no room for a network’s parameters, none of them are taken', async (t) => {
  const heap = new Heap({ maximumBytes: 4e6 });
  const kernels = await loadKernels('simd', heap);
  const one = lenetOf('fa', kernels).layout.parameterCount * 4;
  heap.float32((heap.maximumBytes - heap.used - 1.5 * one) / 4); // for the values, not for the feedback
  const { used } = heap;
  for (let i = 0; i < 10; i++) t.throws(() => lenetOf('fa', kernels), /were asked for/);
  t.equal(heap.used, used);
});
