import { test } from 'tap';
import { solo } from '../../src/crew/crew.js';
import { crossEntropy } from '../../src/losses/cross-entropy.js';
import { accuracy, countCorrect } from '../../src/metrics/accuracy.js';
import { createNetwork } from '../../src/models/create.js';
import type { RuleName } from '../../src/rules/index.js';
import { loadKernels } from '../../src/tensor/backends.js';
import { firstImages, imageBatch, type LabelledImages } from '../../src/tensor/images.js';
import { permutation, stream } from '../../src/tensor/random.js';
import {
  batchesPerEpoch,
  defaultTraining,
  type EpochResult,
  SHARD_SIZE,
  Trainer,
  type TrainingOptions,
  train,
  trainingMemory,
} from '../../src/training/train.js';
import { relativeDifference, sameBits } from '../helpers/arrays.js';
import { mnistImages } from '../helpers/mnist.js';
import { mnistSpec, parameterGradient } from '../helpers/networks.js';

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
  const memory = trainingMemory(network.kernels, network.layout.parameterCount, options);
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
