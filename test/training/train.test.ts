import { test } from 'tap';
import { solo } from '../../src/crew/crew.js';
import { activation } from '../../src/layers/activation.js';
import { flatten } from '../../src/layers/flatten.js';
import { linear } from '../../src/layers/linear.js';
import { relu } from '../../src/layers/relu.js';
import { crossEntropy } from '../../src/losses/cross-entropy.js';
import { accuracy, countCorrect } from '../../src/metrics/accuracy.js';
import { createNetwork } from '../../src/models/create.js';
import type { RuleName } from '../../src/rules/index.js';
import { loadKernels } from '../../src/tensor/backends.js';
import { Heap } from '../../src/tensor/heap.js';
import { firstImages, imageBatch, type LabelledImages } from '../../src/tensor/images.js';
import { backends } from '../../src/tensor/kernels.js';
import { permutation, stream } from '../../src/tensor/random.js';
import { SHARDS_AT_ONCE, trainingMemory } from '../../src/training/memory.js';
import { defaultTraining, type TrainingOptions } from '../../src/training/options.js';
import { SHARD_SIZE } from '../../src/training/shard.js';
import { batchesPerEpoch, type EpochResult, Trainer, train } from '../../src/training/train.js';
import { randomLabels, relativeDifference, sameBits } from '../helpers/arrays.js';
import { mnistImages } from '../helpers/mnist.js';
import { mnistSpec, networkOf, parameterGradient } from '../helpers/networks.js';

const mnist = await mnistImages(800, 300);
const plain: TrainingOptions = { ...defaultTraining, decay: 'constant', momentum: 0, batchSize: 16 };

/** Trains a fresh network and gives it back with the result of each epoch. */
function trained(rule: RuleName, images: LabelledImages, options: Partial<TrainingOptions>) {
  const network = createNetwork(mnistSpec, { rule });
  const epochs: EpochResult[] = [];
  train(network, images, options, (epoch, result) => {
    if (epoch !== epochs.length + 1) throw new Error(`epoch ${epoch} after ${epochs.length}`);
    epochs.push(result);
  });
  return { network, epochs };
}

/** The images at the given places of a set, as a batch. */
function picked(images: LabelledImages, order: Iterable<number>) {
  const batches = Array.from(order, (index) => imageBatch(images, [1, 28, 28], index, 1));
  return {
    pixels: Float32Array.from(batches.flatMap((batch) => [...batch.images.data])),
    labels: Uint8Array.from(batches.map((batch) => batch.labels[0])),
  };
}

for (const rule of ['bp', 'fa'] as const) {
  test(`${rule} learns from 800 digits: the loss falls, and unseen digits are recognised`, async (t) => {
    const options = { epochs: 5, batchSize: 16, optimizer: 'adam', learningRate: 0.005 } as const;
    const network = createNetwork(mnistSpec, { rule, kernels: await loadKernels() });
    const before = countCorrect(network, mnist.test, solo());
    const epochs: EpochResult[] = [];
    train(network, mnist.train, options, (_, result) => epochs.push(result));
    t.equal(epochs.length, 5);
    t.ok(epochs[4].loss < epochs[0].loss / 2, `loss ${epochs.map(({ loss }) => loss.toFixed(2))}`);
    t.ok(epochs[4].accuracy > epochs[0].accuracy + 0.3, `${epochs.map((epoch) => epoch.accuracy.toFixed(2))}`);
    const after = countCorrect(network, mnist.test, solo());
    t.ok(before < 75 && after > 180, `${before} of 300 before, ${after} after`);
    const { images, labels } = imageBatch(mnist.test, [1, 28, 28], 0, 300);
    t.equal(accuracy(network, images, labels), after / 300);
  });
}

test('training twice gives the same weights, bit for bit; another seed gives others', async (t) => {
  const images = firstImages(mnist.train, 80);
  const options = { epochs: 2, batchSize: 32, optimizer: 'adam', learningRate: 0.001 } as const;
  const [first, second] = [trained('fa', images, options), trained('fa', images, options)];
  t.ok(sameBits(first.network.parameters.values, second.network.parameters.values));
  t.same(first.epochs, second.epochs);
  const other = trained('fa', images, { ...options, seed: 2 });
  t.notOk(sameBits(first.network.parameters.values, other.network.parameters.values));
});

test('feedback weights stay as they were drawn', async (t) => {
  const { network } = trained('fa', firstImages(mnist.train, 40), { epochs: 1 });
  const fresh = createNetwork(mnistSpec, { rule: 'fa' });
  t.ok(sameBits(network.parameters.feedback, fresh.parameters.feedback));
  t.notOk(sameBits(network.parameters.values, fresh.parameters.values));
});

test('the loop is the written-out one: shuffle, mini-batches, mean gradient, step; the last batch smaller', async (t) => {
  const images = firstImages(mnist.train, 42);
  const options = { ...plain, epochs: 2, batchSize: 20, learningRate: 0.05, seed: 5 };
  const { network, epochs } = trained('fa', images, options);
  const naive = createNetwork(mnistSpec, { rule: 'fa' });
  for (let epoch = 0; epoch < 2; epoch++) {
    const order = permutation(42, stream(5).split('shuffle').split(epoch));
    for (const [from, to] of [
      [0, 20],
      [20, 40],
      [40, 42],
    ]) {
      const { pixels, labels } = picked(images, order.subarray(from, to));
      const gradient = parameterGradient(naive, pixels, labels, { loss: crossEntropy });
      naive.parameters.values.forEach((w, i, values) => {
        values[i] = w - (0.05 * gradient[i]) / (to - from);
      });
    }
  }
  const moved = (values: Float32Array) => {
    const start = createNetwork(mnistSpec, { rule: 'fa' }).parameters.values;
    return values.map((value, i) => value - start[i]);
  };
  const difference = relativeDifference(moved(network.parameters.values), moved(naive.parameters.values));
  t.ok(difference < 1e-5, `${difference}`);
  t.equal(epochs.length, 2);
});

test('shards of a batch add up to the gradient of the batch, to float accuracy', async (t) => {
  const images = firstImages(mnist.train, 2 * SHARD_SIZE + 5);
  const network = createNetwork(mnistSpec, { rule: 'fa' });
  const options = { ...plain, batchSize: 64, learningRate: 0 };
  const memory = trainingMemory(network, options);
  t.equal(memory.shards.length, 64 / SHARD_SIZE, 'a place for each shard of a full batch');
  new Trainer(network, images, options, memory).runEpoch(0, solo());
  const { pixels, labels } = picked(
    images,
    Array.from({ length: images.count }, (_, i) => i),
  );
  const whole = parameterGradient(network, pixels, labels, { loss: crossEntropy });
  t.ok(relativeDifference(memory.total, whole) < 1e-6);
  t.ok(
    memory.shards[7].every((value) => value === 0),
    'what has no images stays out',
  );
});

test('an epoch’s loss and accuracy are the means over its images', async (t) => {
  const images = firstImages(mnist.train, 50);
  const { network, epochs } = trained('bp', images, { ...plain, batchSize: 40, epochs: 1, learningRate: 0 });
  const { pixels, labels } = picked(
    images,
    Array.from({ length: 50 }, (_, i) => i),
  );
  const workspace = network.workspace(50);
  workspace.input.data.set(pixels);
  workspace.forward(50);
  workspace.evaluateLoss(crossEntropy, labels, 50);
  const mean = workspace.losses.reduce((sum, loss) => sum + loss, 0) / 50;
  t.ok(Math.abs(epochs[0].loss - mean) < 1e-12);
  t.equal(epochs[0].accuracy, countCorrect(network, images, solo()) / 50);
});

test('warm-up lasts the epochs asked for, counted in steps', async (t) => {
  // 32 times the same image, and steps so small that its gradient hardly changes: the rates of two steps add up.
  const { pixels, labels } = firstImages(mnist.train, 1);
  const copies = Array.from({ length: 32 }, () => [...pixels]).flat();
  const images = { pixels: Uint8Array.from(copies), labels: new Uint8Array(32).fill(labels[0]), count: 32 };
  const start = createNetwork(mnistSpec, { rule: 'bp' }).parameters.values;
  const move = (warmupEpochs: number) => {
    const { network } = trained('bp', images, { ...plain, epochs: 1, learningRate: 1e-4, warmupEpochs });
    return network.parameters.values.map((value, i) => value - start[i]);
  };
  const full = move(0);
  t.ok(
    relativeDifference(
      move(4),
      full.map((value) => ((1 / 8 + 2 / 8) / 2) * value),
    ) < 0.02,
    'steps 1 and 2 of 8',
  );
});

test('a diverging run says NaN and stops there, as it stands', async (t) => {
  const images = firstImages(mnist.train, 64);
  const { network, epochs } = trained('bp', images, { ...plain, epochs: 5, learningRate: 1e30 });
  t.ok(epochs.length > 0 && Number.isNaN(epochs[epochs.length - 1].loss));
  t.equal(epochs.filter(({ loss }) => Number.isNaN(loss)).length, 1, 'no epoch follows the one that diverged');
  const once = trained('bp', images, { ...plain, epochs: epochs.length, learningRate: 1e30 });
  t.ok(sameBits(once.network.parameters.values, network.parameters.values), 'nor does any step');
  t.ok(network.parameters.values.every(Number.isFinite), 'the last gradient, which is none, was not used');
});

test('a run that diverges in its very last step says NaN too', async (t) => {
  const images = firstImages(mnist.train, 64);
  const { network, epochs } = trained('bp', images, { ...plain, epochs: 1, batchSize: 64, learningRate: 1e20 });
  t.same(
    epochs.map(({ loss }) => loss),
    [Number.NaN],
  );
  t.ok(network.parameters.values.every(Number.isFinite), 'the weights are numbers yet; no logit is');
});

test('training needs no one to report to, and has defaults', async (t) => {
  const images = firstImages(mnist.train, 20);
  const quiet = createNetwork(mnistSpec, { rule: 'bp' });
  train(quiet, images);
  t.ok(sameBits(quiet.parameters.values, trained('bp', images, {}).network.parameters.values));
  t.ok(sameBits(quiet.parameters.values, trained('bp', images, defaultTraining).network.parameters.values));
  t.notOk(sameBits(quiet.parameters.values, createNetwork(mnistSpec, { rule: 'bp' }).parameters.values));
});

test('the number of mini-batches counts the last, smaller one', async (t) => {
  t.same(
    [60_000, 60_001, 1, 64, 0].map((images) => batchesPerEpoch(images, 64)),
    [938, 938, 1, 1, 0],
  );
});

/** Six inputs, four hidden units, three classes; and images for it. */
const tinyLayers = () => [
  flatten('flatten', [1, 2, 3]),
  linear('fc1', [6], { outputs: 4 }),
  activation('relu', [4], relu),
  linear('fc2', [4], { outputs: 3 }),
];
function tinyImages(count: number): LabelledImages {
  const random = stream(3).split('tiny');
  const pixels = Uint8Array.from({ length: count * 6 }, () => random.integer(0, 255));
  return { pixels, labels: randomLabels(count, 3, 4), count };
}

for (const backend of backends) {
  test(`a mini-batch too large for memory at a time is summed as if it were not, to the bit (${backend} kernels)`, async (t) => {
    const count = (2 * SHARDS_AT_ONCE + 3) * SHARD_SIZE + 5;
    const images = tinyImages(count);
    const kernels = await loadKernels(backend);
    const network = networkOf(tinyLayers(), 'fa', kernels);
    const { values } = network.parameters;
    const naive = networkOf(tinyLayers(), 'fa', kernels);
    const memory = trainingMemory(network, { ...plain, batchSize: 70_000 });
    t.equal(memory.shards.length, SHARDS_AT_ONCE);
    const options = { ...plain, batchSize: count, learningRate: 0.1, epochs: 1 };
    const results: EpochResult[] = [];
    train(network, images, options, (_, result) => results.push(result));

    const order = permutation(count, stream(options.seed).split('shuffle').split(0));
    const shards: Float32Array[] = [];
    let [loss, correct] = [0, 0];
    for (let from = 0; from < count; from += SHARD_SIZE) {
      const places = order.subarray(from, from + SHARD_SIZE);
      const pixels = Float32Array.from(
        [...places].flatMap((i) => [...images.pixels.subarray(6 * i, 6 * i + 6)]),
        (p) => p / 255,
      );
      const labels = Uint8Array.from(places, (i) => images.labels[i]);
      shards.push(parameterGradient(naive, pixels, labels, { loss: crossEntropy }));
      const workspace = naive.workspace(labels.length);
      let sum = 0;
      for (let i = 0; i < labels.length; i++) sum += workspace.losses[i];
      loss += sum;
      correct += labels.filter((label, i) => workspace.predictions(labels.length)[i] === label).length;
    }
    const [total, velocity] = [kernels.alloc(values.length), kernels.alloc(values.length)];
    kernels.sumParts(shards, shards.length, total, values.length);
    kernels.sgd(naive.parameters.values, total, velocity, values.length, 0.1, 0, 0, 1 / count);
    t.ok(sameBits(values, naive.parameters.values));
    t.same(results, [{ loss: loss / count, accuracy: correct / count }]);
  });
}

test('5,000 trainings take no more memory than one, whatever their batch size, nor do 5,000 networks that are released', async (t) => {
  const heap = new Heap({ maximumBytes: 2e6 });
  const kernels = await loadKernels('simd', heap);
  const images = tinyImages(40);
  const before = networkOf(tinyLayers(), 'fa', kernels);
  const options = (i: number) =>
    ({ epochs: 1, batchSize: 1 + ((i * 37) % 100), optimizer: i % 2 ? 'sgd' : 'adam' }) as const;
  train(before, images, options(0));
  const { used } = heap;
  const start = before.parameters.values.slice();
  for (let i = 0; i < 5000; i++) {
    train(before, images, options(i));
    const network = networkOf(tinyLayers(), i % 3 ? 'fa' : 'bp', kernels);
    train(network, images, options(i));
    network.release();
  }
  t.equal(heap.used, used);
  t.notOk(sameBits(before.parameters.values, start), 'and it went on learning');
});

test('5,000 networks that nobody releases take the memory of their parameters and no more', async (t) => {
  const heap = new Heap();
  const kernels = await loadKernels('simd', heap);
  const images = tinyImages(16);
  train(networkOf(tinyLayers(), 'fa', kernels), images, { epochs: 1 });
  const { used } = heap;
  for (let i = 0; i < 5000; i++) train(networkOf(tinyLayers(), 'fa', kernels), images, { epochs: 1 });
  const { parameterCount, feedbackCount } = networkOf(tinyLayers(), 'fa', kernels).layout;
  const lines = Math.ceil(parameterCount / 16) + Math.ceil(feedbackCount / 16);
  t.equal(heap.used - used, 5001 * 64 * lines);
});

test('training memory is zeroed: a second training knows nothing of the first one’s momentum', async (t) => {
  const kernels = await loadKernels('simd');
  const images = tinyImages(40);
  const fresh = () => networkOf(tinyLayers(), 'fa', kernels);
  const [first, second] = [fresh(), fresh()];
  for (const network of [first, second]) train(network, images, { epochs: 3 });
  t.ok(sameBits(first.parameters.values, second.parameters.values));
});

test('one network may be trained while another is: each has its own memory', async (t) => {
  const kernels = await loadKernels('simd');
  const images = tinyImages(40);
  const [outer, inner, alone] = [1, 2, 3].map(() => networkOf(tinyLayers(), 'fa', kernels));
  train(alone, images, { epochs: 3 });
  train(outer, images, { epochs: 3 }, () => train(inner, images, { epochs: 1 }));
  t.ok(sameBits(outer.parameters.values, alone.parameters.values));
});

test('training that ends in an error gives its memory back, too', async (t) => {
  const heap = new Heap();
  const network = networkOf(tinyLayers(), 'fa', await loadKernels('simd', heap));
  train(network, tinyImages(8));
  const { used } = heap;
  const stop = () => {
    throw new Error('stop');
  };
  t.throws(() => train(network, tinyImages(8), {}, stop), /stop/);
  t.equal(heap.used, used);
});

/** Each of them once gave NaN, a loss that looked fine, or an endless loop. */
const mistakes: readonly [what: string, images: Partial<LabelledImages>, options: object, message: RegExp][] = [
  [
    'labels from 1 to 10',
    { labels: Uint8Array.of(1, 5, 10, 2) },
    {},
    /^train: images\.labels\[2\] is 10; a class from 0 to 9/,
  ],
  ['too few labels', { labels: new Uint8Array(3) }, {}, /^train: 4 images, 3 labels/],
  [
    'images of 16×16',
    { pixels: new Uint8Array(4 * 256) },
    {},
    /images\.pixels holds 1024 .* of \[1, 28, 28\] are expected/,
  ],
  ['images of 3×32×32', { pixels: new Uint8Array(4 * 3072) }, {}, /images\.pixels holds 12288/],
  [
    'a learning rate of undefined',
    {},
    { learningRate: undefined },
    /options\.learningRate is undefined; a finite number of 0 or more/,
  ],
  ['a batch size of 10.5', {}, { batchSize: 10.5 }, /options\.batchSize is 10\.5; a whole number of 1 or more/],
  ['a batch size of 0', {}, { batchSize: 0 }, /options\.batchSize is 0/],
  ['an option of another name', {}, { lr: 0.1 }, /options\.lr is no option; accepted are .*learningRate/],
];

for (const [what, change, options, message] of mistakes) {
  test(`${what}: refused, and nothing is trained`, async (t) => {
    const network = createNetwork(mnistSpec, { rule: 'bp' });
    const before = network.parameters.values.slice();
    const images = { ...firstImages(mnist.train, 4), ...change };
    t.throws(() => train(network, images, options), message);
    t.ok(sameBits(network.parameters.values, before));
  });
}
