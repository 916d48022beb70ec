import { test } from 'tap';
import { attacks } from '../../src/attacks/index.js';
import { perturb } from '../../src/attacks/perturb.js';
import { losses } from '../../src/losses/index.js';
import { accuracy, chance } from '../../src/metrics/accuracy.js';
import { createNetwork } from '../../src/models/create.js';
import type { NetworkSpec } from '../../src/models/index.js';
import { networkOracle } from '../../src/models/oracle.js';
import { classIndices, countPerClass, labelsAt } from '../../src/tensor/class-indices.js';
import { imageBatch } from '../../src/tensor/images.js';
import { train } from '../../src/training/train.js';

test('indices of up to 256 classes are bytes, those of more have 16 bits', (t) => {
  t.ok(classIndices(3, 256) instanceof Uint8Array);
  t.ok(classIndices(3, 257) instanceof Uint16Array);
  t.same(labelsAt(Uint16Array.of(7, 300, 43), [1, 1, 0]), Uint16Array.of(300, 300, 7));
  t.same(labelsAt(Uint8Array.of(7, 200), [1]), Uint8Array.of(200));
  t.same(countPerClass(Uint16Array.of(2, 0, 2), 3), [1, 0, 2]);
  t.equal(chance(Uint16Array.of(299, 43, 299, 299)), 0.75, '299 is not 43, as it would be in a byte');
  t.end();
});

const CLASSES = 300;
const spec: NetworkSpec = {
  ...{ model: 'lenet5', activation: 'relu', inputShape: [1, 16, 16], classes: CLASSES },
  ...{ mean: [0.5], std: [0.25] },
};

test('classes beyond 255 are learned, predicted and attacked as any other', (t) => {
  const count = 64;
  // Dark and light pictures of two classes whose indices are the same in a byte.
  const labels = Uint16Array.from({ length: count }, (_, i) => (i % 2 === 0 ? 299 : 43));
  const pixels = Uint8Array.from({ length: count * 256 }, (_, p) => (labels[p >> 8] === 299 ? 40 : 200) + (p % 13));
  const images = { pixels, labels, count };
  const network = createNetwork(spec, { rule: 'bp' });
  train(network, images, { optimizer: 'adam', learningRate: 0.01, epochs: 12, batchSize: 16, seed: 1 });
  const batch = imageBatch(images, spec.inputShape, 0, 16);
  t.same(network.predict(batch.images), labels.slice(0, 16));
  t.equal(accuracy(network, batch.images, batch.labels), 1);
  for (const [name, attack] of Object.entries(attacks)) {
    const oracle = networkOracle(network, { path: 'true', loss: losses.margin }, 16);
    const options = { epsilon: 0.5, iterations: 4, queries: 20, samples: 4, targets: 2 };
    const adversarial = perturb(attack as typeof attacks.apgd, batch.images, batch.labels, oracle, options);
    const left = accuracy(network, adversarial, batch.labels);
    if (['fgsm', 'bim', 'apgd', 'apgd-t'].includes(name)) t.ok(left < 1, `${name} fools it`);
  }
  t.throws(() => accuracy(network, batch.images, new Uint16Array(16).fill(300)), /a class from 0 to 299/);
  t.end();
});
