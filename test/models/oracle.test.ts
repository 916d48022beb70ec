import { test } from 'tap';
import { crossEntropy } from '../../src/losses/cross-entropy.js';
import { networkOracle } from '../../src/models/oracle.js';
import { loadKernels } from '../../src/tensor/backends.js';
import { referenceKernels } from '../../src/tensor/reference.js';
import { randomLabels, sameBits } from '../helpers/arrays.js';
import { lenetOf, noiseImages } from '../helpers/networks.js';

const images = noiseImages(5, [1, 28, 28]);
const labels = randomLabels(5, 10, 1);

test('an oracle’s gradients are the network’s, along the path asked for', async (t) => {
  const network = lenetOf('fa', referenceKernels());
  for (const path of ['feedback', 'true'] as const) {
    const options = { path, loss: crossEntropy };
    const gradient = networkOracle(network, options, 8).gradient(images.data, labels, 5);
    t.ok(sameBits(gradient.slice(0, 5 * 784), network.inputGradient(images, labels, options).data), path);
  }
});

test('after a gradient or a query it knows each image’s loss and predicted class', async (t) => {
  const network = lenetOf('fa', referenceKernels());
  const logits = network.logits(images).data;
  const expected = new Float64Array(5);
  crossEntropy.evaluate(logits, labels, 5, 10, expected, new Float32Array(50));
  const oracle = networkOracle(network, { path: 'feedback', loss: crossEntropy }, 5);
  for (const ask of [oracle.query, oracle.gradient]) {
    oracle.losses.fill(Number.NaN);
    ask(images.data, labels, 5);
    t.same([...oracle.losses], [...expected]);
    t.same([...oracle.predictions(5)], [...network.predict(images)]);
  }
});

test('however many images it holds and is asked about, its answers about each are the same to the bit', async (t) => {
  const network = lenetOf('fa', await loadKernels());
  const many = noiseImages(40, [1, 28, 28]);
  const classes = randomLabels(40, 10, 2);
  const options = { path: 'feedback', loss: crossEntropy } as const;
  const answers = (capacity: number, first: number, n: number) => {
    const oracle = networkOracle(network, options, capacity);
    const gradient = oracle.gradient(many.data.subarray(first * 784), classes.subarray(first), n);
    return { gradient: gradient.slice(0, n * 784), losses: [...oracle.losses.subarray(0, n)] };
  };
  const whole = answers(40, 0, 40);
  for (const [capacity, first, n] of [
    [40, 0, 17],
    [40, 3, 33],
    [16, 24, 16],
    [5, 38, 2],
  ]) {
    const part = answers(capacity, first, n);
    t.ok(sameBits(part.gradient, whole.gradient.slice(first * 784, (first + n) * 784)), `${n} from ${first}`);
    t.same(part.losses, whole.losses.slice(first, first + n));
  }
});

test('it may be asked about fewer images than it holds', async (t) => {
  const network = lenetOf('bp', referenceKernels());
  const oracle = networkOracle(network, { path: 'true', loss: crossEntropy }, 5);
  oracle.query(images.data, labels, 5);
  const all = [...oracle.losses];
  oracle.query(images.data.subarray(784), labels.subarray(1), 2);
  t.same([...oracle.losses.subarray(0, 2)], all.slice(1, 3));
});
