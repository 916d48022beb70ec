import { test } from 'tap';
import { crossEntropy } from '../../src/losses/cross-entropy.js';
import { alignment } from '../../src/metrics/alignment.js';
import { view } from '../../src/models/parameters.js';
import { gradientOf } from '../../src/models/workspace.js';
import { backprop } from '../../src/rules/backprop.js';
import { angleBetween } from '../../src/tensor/angle.js';
import { loadKernels } from '../../src/tensor/backends.js';
import { Heap } from '../../src/tensor/heap.js';
import { loadImage } from '../../src/tensor/images.js';
import { float64Kernels, referenceKernels } from '../../src/tensor/reference.js';
import { dot, normals, randomLabels } from '../helpers/arrays.js';
import { lenetOf, parameterGradient, weightsOf } from '../helpers/networks.js';

const angle = (a: readonly number[], b: readonly number[]) => angleBetween(Float64Array.from(a), Float64Array.from(b));
const near = (actual: number | undefined, expected: number, tolerance = 1e-10) =>
  actual !== undefined && Math.abs(actual - expected) <= tolerance;

const images = {
  pixels: Uint8Array.from(normals(8 * 784, 1), (value) => Math.abs(Math.round(60 * value)) % 256),
  labels: randomLabels(8, 10, 1),
  count: 8,
};

test('angles a protractor would give', async (t) => {
  t.ok(near(angle([1, 0], [0, 1]), 90));
  t.ok(near(angle([1, 0], [1, 1]), 45));
  t.ok(near(angle([1, 0], [-1, 0]), 180));
  t.ok(near(angle([1, 0], [-1, Math.sqrt(3)]), 120));
  t.ok(near(angle([3, 4], [3, 4]), 0));
  t.ok(near(angle([1, 2, 3], [-2, -4, -6]), 180));
});

test('length says nothing, nor does the order of the two', async (t) => {
  const [a, b] = [normals(50, 1), normals(50, 2)];
  const expected = angleBetween(a, b) ?? Number.NaN;
  t.ok(near(expected, (Math.acos(dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))) * 180) / Math.PI));
  t.ok(near(angleBetween(b, a), expected));
  t.ok(
    near(
      angleBetween(
        a.map((value) => 1e200 * value),
        b.map((value) => 1e-200 * value),
      ),
      expected,
    ),
  );
  t.ok(
    near(
      angleBetween(
        a.map((value) => -value),
        b,
      ),
      180 - expected,
    ),
  );
});

test('tiny angles keep their digits', async (t) => {
  for (const radians of [1e-3, 1e-8, 1e-12]) {
    t.ok(near((angle([1, 0], [1, radians]) ?? 0) / ((radians * 180) / Math.PI), 1, 1e-6), `${radians}`);
  }
});

test('vectors as small as a saturated network’s have an angle all the same', async (t) => {
  const tiny = Float32Array.of(1e-40, 0, 1e-40);
  t.ok(near(angleBetween(tiny, Float32Array.of(1, 0, 1)), 0));
  t.ok(near(angleBetween(tiny, Float32Array.of(1e-40, 0, -1e-40)), 90));
  t.ok(near(angleBetween(Float32Array.of(1e-45, 0), Float32Array.of(0, 1e-45)), 90));
  t.ok(near(angleBetween(Float32Array.of(3e38, 3e38), Float32Array.of(3e38, 0)), 45), 'and as large as there are');
});

test('a zero vector has no angle', async (t) => {
  t.equal(angle([0, 0], [1, 2]), undefined);
  t.equal(angle([1, 2], [0, -0]), undefined);
  t.equal(angle([], []), undefined);
});

test('the vectors are left as they are', async (t) => {
  const [a, b] = [Float32Array.of(3, 4), Float32Array.of(1, 2)];
  angleBetween(a, b);
  t.same([...a, ...b], [3, 4, 1, 2]);
});

test('feedback alignment: 0° at the top layer, whose gradient needs no feedback; elsewhere about 90° when untrained', async (t) => {
  const angles = alignment(lenetOf('fa', float64Kernels()), images);
  t.same(
    angles.map(({ layer }) => layer),
    ['conv1', 'conv2', 'fc1', 'fc2', 'fc3'],
  );
  t.equal(angles[4].gradientAngle, 0);
  for (const { layer, gradientAngle, weightAngle } of angles) {
    if (layer !== 'fc3') t.ok(near(gradientAngle, 90, 60) && !near(gradientAngle, 0, 20), `${layer}: ${gradientAngle}`);
    t.ok(near(weightAngle, 90, layer === 'conv1' ? 20 : 8), `${layer}: ${weightAngle}`);
  }
});

test('backpropagation is aligned with itself and has no feedback weights to be aligned', async (t) => {
  for (const { gradientAngle, weightAngle, errorAngle } of alignment(lenetOf('bp', referenceKernels()), images)) {
    t.equal(gradientAngle, 0);
    t.equal(weightAngle, undefined);
    t.equal(errorAngle, 0);
  }
});

test('with feedback weights equal to the weights everything is aligned', async (t) => {
  const network = lenetOf('fa', float64Kernels());
  for (const name of ['conv1', 'conv2', 'fc1', 'fc2', 'fc3']) {
    weightsOf(network, `${name}.feedback`).set(weightsOf(network, `${name}.weight`).map((value) => 2 * value));
  }
  for (const { layer, gradientAngle, weightAngle } of alignment(network, images)) {
    t.ok(near(gradientAngle, 0, 1e-5) && near(weightAngle, 0, 1e-5), layer);
  }
});

test('weights are held against what the error is really sent through, in direction and size', async (t) => {
  const network = lenetOf('usf', float64Kernels());
  for (const { layer, weightAngle, weightNormRatio } of alignment(network, images)) {
    const w = weightsOf(network, `${layer}.weight`);
    t.ok(near(weightAngle, angleBetween(w, w.map(Math.sign)) ?? Number.NaN), `${layer}: ${weightAngle}`);
    t.ok(near(weightNormRatio, 1), `${layer}: the magnitude is W’s root mean square`);
  }
  const half = lenetOf('fa', float64Kernels());
  weightsOf(half, 'fc1.feedback').set(weightsOf(half, 'fc1.weight').map((value) => -value / 2));
  const [, , fc1] = alignment(half, images);
  t.ok(near(fc1.weightAngle, 180) && near(fc1.weightNormRatio, 0.5));
});

test('errors sent straight from the output have an angle, their weights none', async (t) => {
  for (const rule of ['dfa', 'drtp'] as const) {
    for (const { layer, weightAngle, weightNormRatio, errorAngle } of alignment(
      lenetOf(rule, float64Kernels()),
      images,
    )) {
      t.same([weightAngle, weightNormRatio], [undefined, undefined], layer);
      t.ok(errorAngle !== undefined && errorAngle > 45, `${rule}, below ${layer}: ${errorAngle}`);
    }
  }
});

test('the angle of errors is the mean over the images', async (t) => {
  const network = lenetOf('fa', float64Kernels());
  const each = Array.from({ length: 8 }, (_, i) => {
    const [pixels, labels] = [images.pixels.subarray(784 * i, 784 * (i + 1)), images.labels.subarray(i, i + 1)];
    return alignment(network, { pixels, labels, count: 1 }).map(({ errorAngle }) => errorAngle ?? Number.NaN);
  });
  for (const [l, { layer, errorAngle }] of alignment(network, images).entries()) {
    t.ok(near(errorAngle, each.reduce((sum, angles) => sum + angles[l], 0) / 8, 1e-6), layer);
  }
});

test('a layer’s angle is that between the two rules’ gradients of its weights', async (t) => {
  const network = lenetOf('fa', float64Kernels());
  const pixels = new Float64Array(8 * 784);
  for (let i = 0; i < 8; i++) loadImage(images, i, pixels, i);
  const of = (rule: typeof backprop) =>
    gradientOf(network, parameterGradient(network, pixels, images.labels, { loss: crossEntropy, rule })).parts;
  const [own, exact] = [of(network.rule), of(backprop)];
  for (const { layer: name, gradientAngle } of alignment(network, images)) {
    const layer = network.layers.find((candidate) => candidate.name === name);
    const [a, b] = [layer && own.get(layer)?.dw, layer && exact.get(layer)?.dw];
    t.ok(a && b && near(gradientAngle, angleBetween(a, b) ?? Number.NaN), name);
  }
});

test('measuring twice takes no more memory and changes no parameter', async (t) => {
  const heap = new Heap();
  const network = lenetOf('fa', await loadKernels('simd', heap));
  const before = network.parameters.values.slice();
  const first = alignment(network, images);
  const { used } = heap;
  t.same(alignment(network, images), first);
  t.equal(heap.used, used);
  t.same(Math.max(...network.parameters.values.map((value, i) => Math.abs(value - before[i]))), 0);
});

test('images beyond a pass count as those in it: the angles are those of the whole batch’s gradients', async (t) => {
  const many = {
    pixels: Uint8Array.from(normals(37 * 784, 2), (value) => Math.abs(Math.round(60 * value)) % 256),
    labels: randomLabels(37, 10, 2),
    count: 37,
  };
  const network = lenetOf('fa', float64Kernels());
  const pixels = new Float64Array(37 * 784);
  for (let i = 0; i < 37; i++) loadImage(many, i, pixels, i);
  const [own, exact] = [network.rule, backprop].map((rule) =>
    parameterGradient(network, pixels, many.labels, { loss: crossEntropy, rule }),
  );
  for (const { layer, gradientAngle } of alignment(network, many)) {
    const part = (flat: Float64Array) => view(flat, network.layout.slots, `${layer}.weight`);
    t.ok(near(gradientAngle, angleBetween(part(own), part(exact)) ?? Number.NaN, 1e-9), layer);
  }
});
