import { test } from 'tap';
import type { Attack } from '../../src/attacks/attack.js';
import { attacks } from '../../src/attacks/index.js';
import { perturb } from '../../src/attacks/perturb.js';
import { ShapeError } from '../../src/errors.js';
import { crossEntropy } from '../../src/losses/cross-entropy.js';
import { dlr } from '../../src/losses/dlr.js';
import { margin } from '../../src/losses/margin.js';
import { accuracy } from '../../src/metrics/accuracy.js';
import { createNetwork } from '../../src/models/create.js';
import { networkOracle } from '../../src/models/oracle.js';
import { loadKernels } from '../../src/tensor/backends.js';
import type { ClassIndices } from '../../src/tensor/class-indices.js';
import { imageBatch } from '../../src/tensor/images.js';
import { contiguous, type Tensor, tensor } from '../../src/tensor/tensor.js';
import { train } from '../../src/training/train.js';
import { largestDifference, sameBits } from '../helpers/arrays.js';
import { attacked, victims, wavy } from '../helpers/attacks.js';
import { mnistImages } from '../helpers/mnist.js';
import { mnistSpec, noiseImages } from '../helpers/networks.js';
import { reluModel } from './small-models.js';

/** A gradient over tensors: every image is drawn towards a slope that differs from pixel to pixel. */
const slope = (x: Tensor<Float32Array>) =>
  tensor(
    contiguous(x).map((value, p) => Math.sin(5 * p + 9 * value)),
    x.shape,
  );

test('perturb is the attack, over tensors', async (t) => {
  const target = victims(5, 6, 1, wavy);
  const images = tensor(target.images, [5, 1, 2, 3]);
  const gradient = (x: Tensor<Float32Array>, y: ClassIndices) => {
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

/** An attack that is refused gives back no images: clean ones would make any network look robust. */
const refusals: readonly [what: string, change: (given: Given) => unknown, message: RegExp][] = [
  [
    'an epsilon of NaN',
    (given) => (given.options.epsilon = Number.NaN),
    /^perturb: options\.epsilon is NaN; a number from 0 to 1/,
  ],
  ['one below zero', (given) => (given.options.epsilon = -0.1), /options\.epsilon is -0\.1/],
  ['none', (given) => (given.options.epsilon = undefined), /options\.epsilon is undefined/],
  ['one in shades of 255', (given) => (given.options.epsilon = 8), /options\.epsilon is 8; .*8\/255, say/],
  ['one in quotes', (given) => (given.options.epsilon = '0.1'), /options\.epsilon is "0\.1"/],
  ['one called eps', (given) => (given.options.eps = 0.1), /options\.eps is no option; accepted are epsilon, /],
  [
    'images of 0 to 255',
    (given) => (given.images.data[5] = 255),
    /images\.data\[5\] is 255; .*divide pixels of 0 to 255 by 255/,
  ],
  [
    'images standardised already',
    (given) => (given.images.data[5] = -0.42),
    /images\.data\[5\] is -0\.4.*; .*leave the mean/,
  ],
  ['images with NaN', (given) => (given.images.data[5] = Number.NaN), /images\.data\[5\] is NaN/],
  [
    'iterations of null',
    (given) => (given.options.iterations = null),
    /options\.iterations is null; a whole number of 1 or more/,
  ],
  ['labels from 1', (given) => (given.labels[1] = 4), /labels\[1\] is 4; a class from 0 to 3 is expected/],
];

interface Given {
  images: Tensor<Float32Array>;
  labels: ClassIndices;
  options: Record<string, unknown>;
}

for (const [what, change, message] of refusals) {
  test(`${what}: refused by every attack`, async (t) => {
    const network = reluModel([1, 4, 4], 1);
    for (const attack of Object.values(attacks)) {
      const given: Given = {
        images: noiseImages(2, [1, 4, 4]),
        labels: Uint8Array.of(0, 3),
        options: { epsilon: 0.1, iterations: 2, queries: 10, samples: 4 },
      };
      const oracle = networkOracle(network, { path: 'true', loss: margin }, 2);
      const run = () => perturb(attack, given.images, given.labels, oracle, given.options as never);
      t.doesNotThrow(run);
      change(given);
      t.throws(run, { constructor: RangeError, message }, attack.label);
    }
  });
}

test('without clipping, FGSM, BIM and MI-FGSM begin and end beyond [0, 1]; the others never do', async (t) => {
  const images = noiseImages(2, [1, 4, 4]);
  images.data[3] = -2;
  const network = reluModel([1, 4, 4], 1);
  const oracle = networkOracle(network, { path: 'true', loss: margin }, 2);
  for (const [name, attack] of Object.entries<Attack>(attacks)) {
    const run = () =>
      perturb(attack, images, Uint8Array.of(0, 3), oracle, { epsilon: 3, iterations: 2, clip: false }).data;
    if (['fgsm', 'bim', 'mi-fgsm'].includes(name)) t.ok(largestDifference(run(), images.data) > 2.9, name);
    else t.throws(run, RangeError, name);
  }
});

test('a network that answers NaN is not taken for one that has no gradient', async (t) => {
  const images = noiseImages(2, [1, 4, 4]);
  const labels = Uint8Array.of(0, 3);
  const network = reluModel([1, 4, 4], 1);
  network.parameters.values[7] = Number.NaN;
  const oracle = networkOracle(network, { path: 'true', loss: margin }, 2);
  for (const attack of Object.values<Attack>(attacks)) {
    if (attack.needs === 'nothing') continue;
    const message = /^perturb: (gradient|losses)\[\d+\] of the network is NaN; .*are all weights finite\?/;
    t.throws(() => perturb(attack, images, labels, oracle, { epsilon: 0.1 }), { constructor: RangeError, message });
  }
  const gradient = (x: typeof images, y: ClassIndices) =>
    network.inputGradient(x, y, { path: 'true', loss: crossEntropy });
  t.throws(
    () => perturb(attacks.bim, images, labels, gradient, { epsilon: 0.1 }),
    /gradient\[\d+\] of the network is NaN/,
  );
});

test('images that are not those of the oracle’s network, or more than it is made for, are refused', async (t) => {
  const oracle = networkOracle(reluModel([1, 4, 4], 1), { path: 'true', loss: crossEntropy }, 2);
  const run = (images: Tensor<Float32Array>) =>
    perturb(attacks.bim, images, new Uint8Array(images.shape[0]), oracle, { epsilon: 0.1 });
  const error = (message: RegExp) => ({ constructor: ShapeError, message });
  t.throws(() => run(noiseImages(2, [1, 2, 8])), error(/images have shape \[2, 1, 2, 8\].*expects \[N, 1, 4, 4\]/));
  t.throws(() => run(noiseImages(3, [1, 4, 4])), error(/an oracle for 2 images; there are 3/));
  const short = (x: Tensor<Float32Array>) => tensor(x.data.slice(1), [15]);
  t.throws(
    () => perturb(attacks.bim, noiseImages(1, [16]), new Uint8Array(1), short, { epsilon: 0.1 }),
    error(/what gradient returned has shape \[15\], the images have \[1, 16\]/),
  );
  t.throws(
    () =>
      perturb(
        attacks.square,
        noiseImages(2, [16]),
        new Uint8Array(2),
        { ...oracle, inputShape: undefined },
        { epsilon: 0.1 },
      ),
    error(/Square needs the images' shape \[C, H, W\]/),
  );
});

test('attacks that go for a class need an oracle that knows the way to one', (t) => {
  const network = reluModel([1, 4, 4], 1);
  const images = noiseImages(2, [1, 4, 4]);
  const labels = network.predict(images);
  const options = { epsilon: 0.1, iterations: 2 };
  for (const attack of [attacks['apgd-t'], attacks.fab]) {
    const oracle = networkOracle(network, { path: 'true', loss: crossEntropy }, 2);
    t.throws(
      () => perturb(attack, images, labels, oracle, options),
      /needs gradients towards a class: .* losses\.margin/,
    );
  }
  const ratio = networkOracle(network, { path: 'true', loss: dlr }, 2);
  perturb(attacks['apgd-t'], images, labels, ratio, options);
  t.throws(() => perturb(attacks.fab, images, labels, ratio, options), /give an oracle of losses\.margin/);
  t.end();
});
