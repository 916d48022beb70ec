import { test } from 'tap';
import { datasets } from '../../src/datasets/index.js';
import type { WeightedLayer } from '../../src/layers/layer.js';
import { crossEntropy } from '../../src/losses/cross-entropy.js';
import { loadNetwork, saveNetwork } from '../../src/models/checkpoint.js';
import { createNetwork, networkSpec } from '../../src/models/create.js';
import { type InitializerName, initializers } from '../../src/models/initialize.js';
import type { RuleName } from '../../src/rules/index.js';
import { loadKernels } from '../../src/tensor/backends.js';
import { firstImages } from '../../src/tensor/images.js';
import { backends } from '../../src/tensor/kernels.js';
import { stream } from '../../src/tensor/random.js';
import { float64Kernels } from '../../src/tensor/reference.js';
import { train } from '../../src/training/train.js';
import { randomLabels, sameBits } from '../helpers/arrays.js';
import { lenetOf, mnistSpec, noiseImages, parameterGradient, weightsOf } from '../helpers/networks.js';

const weighted = ['conv1', 'conv2', 'fc1', 'fc2', 'fc3'];
const images = noiseImages(3, [1, 28, 28]);
const labels = randomLabels(3, 10, 1);

for (const rule of ['usf', 'frsf', 'brsf'] as const satisfies readonly RuleName[]) {
  test(`${rule} sends the error through its magnitudes with W’s signs: as if W were that`, async (t) => {
    const network = lenetOf(rule, float64Kernels());
    const gradient = parameterGradient(network, images.data, labels, { loss: crossEntropy }).slice();
    // Feedback alignment over B = |M| ⊙ sign(W) must give the same.
    const fa = lenetOf('fa', float64Kernels());
    fa.parameters.values.set(network.parameters.values);
    for (const name of weighted) {
      const [m, w] = [weightsOf(network, `${name}.feedback`), weightsOf(network, `${name}.weight`)];
      weightsOf(fa, `${name}.feedback`).set(m.map((value, i) => Math.abs(value) * Math.sign(w[i])));
    }
    t.ok(sameBits(parameterGradient(fa, images.data, labels, { loss: crossEntropy }), gradient));
    t.ok(gradient.some((value) => value !== 0));
  });
}

test('usf’s one magnitude is the root mean square that the layer’s weights began with', async (t) => {
  const network = lenetOf('usf', float64Kernels());
  for (const name of weighted) {
    const w = weightsOf(network, `${name}.weight`);
    const rms = Math.sqrt(w.reduce((sum, value) => sum + value * value, 0) / w.length);
    t.ok(weightsOf(network, `${name}.feedback`).every((value) => value === rms));
  }
});

test('magnitudes stay with usf and frsf; brsf has others after each step, in each layer up to 1/√fanIn', async (t) => {
  const mnist = await datasets.mnist.load();
  const shown = firstImages(mnist.train, 64);
  const kernels = await loadKernels();
  t.equal(networkSpec(mnist).classes, 10);
  for (const rule of ['usf', 'frsf', 'brsf'] as const) {
    const network = lenetOf(rule, kernels);
    const before = network.parameters.feedback.slice();
    train(network, shown, { epochs: 1, batchSize: 64 });
    const once = network.parameters.feedback.slice();
    t.equal(sameBits(before, once), rule !== 'brsf');
    train(network, shown, { epochs: 2, batchSize: 64 });
    t.equal(sameBits(once, network.parameters.feedback), rule !== 'brsf');
    if (rule !== 'brsf') continue;
    for (const layer of network.layers) {
      if (!layer.weighted) continue;
      const largest = Math.max(...weightsOf(network, `${layer.name}.feedback`).map(Math.abs));
      const bound = layer.fanIn ** -0.5;
      t.ok(largest <= bound && largest > 0.95 * bound, `${layer.name}: ${largest} of ${bound}`);
    }
  }
});

/**
 * The mean of w² under each initializer, and its variance. Normal weights cut at 2σ, with r = 2φ(2) / (Φ(2) − Φ(−2)):
 * E z² = 1 − 2r and E z⁴ = 3 E z² − 8r. Uniform ones up to b = 1/√fanIn: E w² = b²/3 and E w⁴ = b⁴/5.
 */
const secondMoment: Readonly<Record<InitializerName, (fanIn: number) => { mean: number; variance: number }>> = {
  'truncated-normal'() {
    const r = (2 * Math.exp(-2)) / Math.sqrt(2 * Math.PI) / 0.9544997361036416;
    const [square, fourth] = [1 - 2 * r, 3 * (1 - 2 * r) - 8 * r];
    return { mean: 0.1 ** 2 * square, variance: 0.1 ** 4 * (fourth - square ** 2) };
  },
  'kaiming-uniform': (fanIn) => ({ mean: 1 / fanIn / 3, variance: fanIn ** -2 * (1 / 5 - 1 / 9) }),
};

/** The largest distance between the distribution functions of two samples: Kolmogorov and Smirnov's statistic. */
function largestGap(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const [left, right] = [Float64Array.from(a).sort(), Float64Array.from(b).sort()];
  let [i, j, gap] = [0, 0, 0];
  while (i < left.length && j < right.length) {
    const value = Math.min(left[i], right[j]);
    while (left[i] <= value) i++;
    while (right[j] <= value) j++;
    gap = Math.max(gap, Math.abs(i / left.length - j / right.length));
  }
  return gap;
}

const magnitudesOf = (network: ReturnType<typeof lenetOf<Float32Array>>, { name }: WeightedLayer) =>
  weightsOf(network, `${name}.feedback`).map(Math.abs);

for (const initializer of Object.keys(initializers) as InitializerName[]) {
  for (const rule of ['usf', 'frsf', 'brsf'] as const satisfies readonly RuleName[]) {
    test(`${rule}’s magnitudes keep the second moment that ${initializer} gives each layer’s weights`, async (t) => {
      const mnist = await datasets.mnist.load();
      const network = createNetwork(mnistSpec, { rule, initializer, kernels: await loadKernels() });
      for (const images of [undefined, 64, 192]) {
        if (images) train(network, firstImages(mnist.train, images), { batchSize: 64 });
        for (const layer of network.layers) {
          if (!layer.weighted) continue;
          const { mean, variance } = secondMoment[initializer](layer.fanIn);
          const magnitudes = magnitudesOf(network, layer);
          const found = magnitudes.reduce((sum, value) => sum + value * value, 0) / magnitudes.length;
          const allowed = 5 * Math.sqrt(variance / magnitudes.length); // five standard errors
          t.ok(Math.abs(found - mean) < allowed, `${layer.name}, ${images ?? 0} images: ${found} for ${mean}`);
        }
      }
    });
  }

  for (const backend of backends) {
    test(`brsf redraws from ${initializer}’s distribution, not its scale alone (${backend} kernels)`, async (t) => {
      const network = createNetwork(mnistSpec, { rule: 'brsf', initializer, kernels: await loadKernels(backend) });
      train(network, { pixels: new Uint8Array(8 * 784), labels: new Uint8Array(8), count: 8 });
      for (const layer of network.layers) {
        if (!layer.weighted) continue;
        const magnitudes = magnitudesOf(network, layer);
        const drawn = new Float32Array(50_000);
        initializers[initializer](drawn, layer.fanIn, stream(9));
        // Two samples of one distribution are further apart once in a million times.
        const allowed = Math.sqrt((-Math.log(5e-7) / 2) * (1 / drawn.length + 1 / magnitudes.length));
        const gap = largestGap(magnitudes, drawn.map(Math.abs));
        t.ok(gap < allowed, `${layer.name}: the distribution functions differ by ${gap}, at most ${allowed} is chance`);
      }
    });
  }
}

test('both backends redraw the same magnitudes under truncated-normal, to the bit', async (t) => {
  const redrawn = async (backend: (typeof backends)[number]) => {
    const kernels = await loadKernels(backend);
    const network = createNetwork(mnistSpec, { rule: 'brsf', initializer: 'truncated-normal', kernels });
    train(network, { pixels: new Uint8Array(8 * 784), labels: new Uint8Array(8), count: 8 });
    return network.parameters.feedback;
  };
  t.ok(sameBits(await redrawn('simd'), await redrawn('reference')));
});

test('a saved network that is trained further redraws from the initializer it began with', async (t) => {
  const kernels = await loadKernels();
  for (const initializer of Object.keys(initializers) as InitializerName[]) {
    const began = createNetwork(mnistSpec, { rule: 'brsf', initializer, kernels });
    const loaded = loadNetwork(saveNetwork(mnistSpec, 'brsf', began.parameters), 'brsf.safetensors', kernels);
    for (const network of [began, loaded]) {
      train(network, { pixels: new Uint8Array(8 * 784), labels: new Uint8Array(8), count: 8 });
    }
    t.ok(sameBits(loaded.parameters.feedback, began.parameters.feedback), initializer);
  }
});
