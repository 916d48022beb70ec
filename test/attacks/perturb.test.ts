import { test } from 'tap';
import { attacks } from '../../src/attacks/index.js';
import { perturb } from '../../src/attacks/perturb.js';
import { ShapeError } from '../../src/errors.js';
import { crossEntropy } from '../../src/losses/cross-entropy.js';
import { accuracy } from '../../src/metrics/accuracy.js';
import { createNetwork } from '../../src/models/create.js';
import { loadKernels } from '../../src/tensor/backends.js';
import { imageBatch } from '../../src/tensor/images.js';
import { contiguous, type Tensor, tensor } from '../../src/tensor/tensor.js';
import { train } from '../../src/training/train.js';
import { sameBits } from '../helpers/arrays.js';
import { attacked, victims, wavy } from '../helpers/attacks.js';
import { mnistImages } from '../helpers/mnist.js';
import { mnistSpec, noiseImages } from '../helpers/networks.js';

/** A gradient over tensors: every image is drawn towards a slope that differs from pixel to pixel. */
const slope = (x: Tensor<Float32Array>) =>
  tensor(
    contiguous(x).map((value, p) => Math.sin(5 * p + 9 * value)),
    x.shape,
  );

test('perturb is the attack, over tensors', async (t) => {
  const target = victims(5, 6, 1, wavy);
  const images = tensor(target.images, [5, 1, 2, 3]);
  const gradient = (x: Tensor<Float32Array>, y: Uint8Array) => {
    const rows = Array.from(y, (label, i) => [
      ...Float32Array.from(target.gradient(contiguous(x).slice(6 * i, 6 * i + 6), label)),
    ]);
    return tensor(Float32Array.from(rows.flat()), x.shape);
  };
  for (const attack of [attacks.fgsm, attacks.bim, attacks['mi-fgsm']]) {
    const result = perturb(attack, images, target.labels, gradient, { epsilon: 0.3 });
    t.same(result.shape, [5, 1, 2, 3]);
    t.ok(sameBits(result.data, attacked(attack, target, { epsilon: 0.3 })));
  }
});

test('images seen through a view are attacked in the order of the view, and left as they are', async (t) => {
  const images = noiseImages(3, [1, 4, 5]);
  const before = images.data.slice();
  const turned = images.transpose(0, 1, 3, 2) as Tensor<Float32Array>;
  const copy = tensor(contiguous(turned).slice(), turned.shape);
  const labels = Uint8Array.of(0, 1, 2);
  const result = perturb(attacks.bim, turned, labels, slope, { epsilon: 0.2 });
  t.same(result.shape, [3, 1, 5, 4]);
  t.ok(sameBits(result.data, perturb(attacks.bim, copy, labels, slope, { epsilon: 0.2 }).data));
  t.ok(sameBits(images.data, before));
});

test('a gradient may be a view as well', async (t) => {
  const images = noiseImages(2, [3, 4]);
  const labels = new Uint8Array(2);
  const turned = (x: Tensor<Float32Array>) => {
    const { data } = slope(x);
    const columns = Float32Array.from({ length: data.length }, (_, i) => {
      const [image, place] = [Math.floor(i / 12), i % 12];
      return data[image * 12 + (place % 3) * 4 + Math.floor(place / 3)];
    });
    return tensor(columns, [x.shape[0], 4, 3]).transpose(0, 2, 1) as Tensor<Float32Array>;
  };
  const [actual, expected] = [turned, slope].map((gradient) =>
    perturb(attacks.fgsm, images, labels, gradient, { epsilon: 0.3 }),
  );
  t.ok(sameBits(actual.data, expected.data));
});

test('the gradient is asked about tensors of the images’ own shape, and their labels', async (t) => {
  const images = noiseImages(3, [2, 3, 4]);
  perturb(
    attacks.bim,
    images,
    Uint8Array.of(7, 8, 9),
    (x, y) => {
      t.same(x.shape, [3, 2, 3, 4]);
      t.same([...y], [7, 8, 9]);
      return slope(x);
    },
    { epsilon: 0.1, iterations: 2 },
  );
});

test('as many labels as images are needed', async (t) => {
  t.throws(() => perturb(attacks.fgsm, noiseImages(3, [4]), new Uint8Array(4), slope, { epsilon: 0.1 }), {
    constructor: ShapeError,
    message: 'perturb: 3 images, 4 labels',
  });
});

test('no images need no gradient', async (t) => {
  const none = perturb(attacks.bim, noiseImages(0, [1, 2, 2]), new Uint8Array(0), () => t.fail() as never, {
    epsilon: 0.1,
  });
  t.same(none.shape, [0, 1, 2, 2]);
});

test('a trained network is fooled, more the further the attack may go; by ten steps more than by one', async (t) => {
  const mnist = await mnistImages(800, 100);
  const network = createNetwork(mnistSpec, { rule: 'bp', kernels: await loadKernels() });
  train(network, mnist.train, { epochs: 4, batchSize: 16, optimizer: 'adam', learningRate: 0.003 });
  const { images, labels } = imageBatch(mnist.test, [1, 28, 28], 0, 100);
  const under = (name: 'fgsm' | 'bim' | 'mi-fgsm', epsilon: number) => {
    const options = { path: 'true', loss: crossEntropy } as const;
    const examples = perturb(attacks[name], images, labels, (x, y) => network.inputGradient(x, y, options), {
      epsilon,
    });
    return accuracy(network, examples, labels);
  };
  const clean = accuracy(network, images, labels);
  t.ok(clean > 0.8, `${clean}`);
  t.equal(under('bim', 0), clean);
  const [weak, middle, strong] = [0.05, 0.1, 0.3].map((epsilon) => under('bim', epsilon));
  t.ok(clean > weak && weak > middle && middle > strong, `${clean}, ${weak}, ${middle}, ${strong}`);
  t.ok(strong <= 0.02, `${strong}`);
  t.ok(under('mi-fgsm', 0.3) <= 0.05);
  const oneStep = under('fgsm', 0.1);
  t.ok(middle < oneStep && oneStep < clean, `${oneStep}`);
});
