import { test } from 'tap';
import { datasets } from '../../src/datasets/index.js';
import { crossEntropy } from '../../src/losses/cross-entropy.js';
import { networkSpec } from '../../src/models/create.js';
import type { RuleName } from '../../src/rules/index.js';
import { loadKernels } from '../../src/tensor/backends.js';
import { firstImages } from '../../src/tensor/images.js';
import { float64Kernels } from '../../src/tensor/reference.js';
import { train } from '../../src/training/train.js';
import { randomLabels, sameBits } from '../helpers/arrays.js';
import { lenetOf, noiseImages, parameterGradient, weightsOf } from '../helpers/networks.js';

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
