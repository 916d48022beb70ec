import { test } from 'tap';
import { solo } from '../../src/crew/crew.js';
import { activation } from '../../src/layers/activation.js';
import { batchNorm } from '../../src/layers/batch-norm.js';
import { conv2d } from '../../src/layers/conv2d.js';
import { flatten } from '../../src/layers/flatten.js';
import { linear } from '../../src/layers/linear.js';
import { relu } from '../../src/layers/relu.js';
import { residual } from '../../src/layers/residual.js';
import { crossEntropy } from '../../src/losses/cross-entropy.js';
import { createNetwork } from '../../src/models/create.js';
import { buildLayers, type NetworkSpec } from '../../src/models/index.js';
import { gradientOf } from '../../src/models/workspace.js';
import type { SharedNetwork } from '../../src/parallel/messages.js';
import { WorkerPool } from '../../src/parallel/pool.js';
import type { RuleName } from '../../src/rules/index.js';
import { loadKernels } from '../../src/tensor/backends.js';
import { type LabelledImages, loadImage } from '../../src/tensor/images.js';
import { permutation, stream } from '../../src/tensor/random.js';
import { referenceKernels } from '../../src/tensor/reference.js';
import { trainingMemory } from '../../src/training/memory.js';
import { defaultTraining } from '../../src/training/options.js';
import { Trainer, train } from '../../src/training/train.js';
import { relativeDifference, sameBits } from '../helpers/arrays.js';
import { cifarSpec, networkOf, weightsOf } from '../helpers/networks.js';

const shape = [2, 5, 5];

function noise(count: number, size: number): LabelledImages {
  const random = stream(5);
  const pixels = Uint8Array.from({ length: count * size }, () => random.integer(0, 255));
  return { pixels, labels: Uint8Array.from({ length: count }, (_, i) => i % 3), count };
}

/** Normalised convolutions in a block. */
const layers = () => [
  conv2d('conv1', shape, { outputs: 2, kernel: 3, padding: 1, bias: false }),
  batchNorm('bn1', shape),
  activation('relu1', shape, relu),
  residual('block1', [
    conv2d('block1.conv1', shape, { outputs: 2, kernel: 3, padding: 1, bias: false }),
    batchNorm('block1.bn1', shape),
  ]),
  flatten('flatten', shape),
  linear('fc', [50], { outputs: 3 }),
];
const fresh = (rule: RuleName = 'fa') => networkOf(layers(), rule, referenceKernels());

/** The gradient of these images alone, normalised by their own statistics. */
function shardGradient(network: ReturnType<typeof fresh>, images: LabelledImages, from: number, n: number) {
  const workspace = network.workspace(n);
  for (let i = 0; i < n; i++) loadImage(images, from + i, workspace.input.data, i);
  workspace.forward(n, undefined, 'pass');
  workspace.evaluateLoss(crossEntropy, images.labels.subarray(from, from + n), n);
  const gradient = gradientOf(network, network.kernels.alloc(network.layout.parameterCount));
  workspace.backward(n, { rule: network.rule, gradient, toPixels: false });
  return gradient.flat;
}

/** What a trainer has left of one mini-batch with all images in their order. */
function oneStep(count: number) {
  const [network, images] = [fresh(), noise(count, 50)];
  const options = { ...defaultTraining, batchSize: count, learningRate: 0, momentum: 0 };
  const memory = trainingMemory(network, options);
  const trainer = new Trainer(network, images, options, memory);
  const before = fresh();
  trainer.runEpoch(0, solo());
  return { network, before, images, memory };
}

test('each shard is normalised by its own images, and an image left over joins the shard before', async (t) => {
  for (const [count, shards] of [
    [16, [8, 8]],
    [17, [8, 9]],
    [18, [8, 8, 2]],
    [9, [9]],
    [1, [1]],
  ] as const) {
    const options = { ...defaultTraining, batchSize: count, learningRate: 0 };
    const [network, images] = [fresh(), noise(count, 50)];
    const memory = trainingMemory(network, options);
    new Trainer(network, images, options, memory).runEpoch(0, solo());
    const order = permutation(count, stream(options.seed).split('shuffle').split(0));
    const shuffled: LabelledImages = {
      count,
      labels: Uint8Array.from(order, (i) => images.labels[i]),
      pixels: Uint8Array.from([...order].flatMap((i) => [...images.pixels.subarray(50 * i, 50 * (i + 1))])),
    };
    let from = 0;
    const total = new Float32Array(memory.total.length);
    for (const [s, n] of shards.entries()) {
      const expected = shardGradient(fresh(), shuffled, from, n);
      t.ok(sameBits(memory.shards[s], expected), `${count} images, shard ${s} of ${n}`);
      for (let i = 0; i < total.length; i++) total[i] += expected[i];
      from += n;
    }
    t.ok(sameBits(memory.total, total), `${count} images: the sum, in the shards' order`);
  }
});

test('averages move a tenth of the way to the mini-batch’s mean and unbiased variance', async (t) => {
  const { network, before, images } = oneStep(8);
  const workspace = before.workspace(8);
  for (let i = 0; i < 8; i++) loadImage(images, i, workspace.input.data, i);
  workspace.forward(8, undefined, 'pass');
  const conv1 = workspace.layerMemory[0].buffers.y;
  for (const c of [0, 1]) {
    const channel = conv1.images.flatMap((image) => [...image.subarray(25 * c, 25 * (c + 1))]);
    const mean = channel.reduce((sum, value) => sum + value, 0) / 200;
    const variance = channel.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 199;
    t.ok(Math.abs(weightsOf(network, 'bn1.running_mean')[c] - 0.1 * mean) < 1e-6);
    t.ok(Math.abs(weightsOf(network, 'bn1.running_var')[c] - (0.9 + 0.1 * variance)) < 1e-6);
  }
});

test('no decay and no optimizer touches averages; decay apart from the gradient shrinks weights alone', async (t) => {
  const images = noise(16, 50);
  const after = (changes: object) => {
    const network = fresh('bp');
    train(network, images, { batchSize: 16, epochs: 1, learningRate: 1e-30, ...changes });
    return network;
  };
  const plain = after({});
  for (const changes of [{ weightDecay: 0.5 }, { optimizer: 'adam', weightDecay: 0.5 }, { decoupledDecay: 1e29 }]) {
    const network = after(changes);
    for (const { name, role } of network.layout.slots) {
      const same = sameBits(weightsOf(network, name), weightsOf(plain, name));
      if (role === 'statistic') t.ok(same, `${name}: ${JSON.stringify(changes)}`);
      if ('decoupledDecay' in changes) t.equal(same, role !== 'weight', `${name}: ${JSON.stringify(changes)}`);
    }
  }
});

test('an image alone is seen through the averages, so that it is one and the same in any batch', async (t) => {
  const { network, images } = oneStep(16);
  const [five, one] = [network.workspace(5), network.workspace(1)];
  for (let i = 0; i < 5; i++) loadImage(images, i, five.input.data, i);
  five.forward(5);
  const logits = five.logits.images[4].slice();
  loadImage(images, 4, one.input.data, 0);
  one.forward(1);
  t.ok(sameBits(one.logits.images[0], logits));
});

const spec: NetworkSpec = { ...cifarSpec, model: 'resnet8', inputShape: [3, 8, 8] };

test('ResNet-8 learns from noise by heart, by BP and FA', async (t) => {
  const images = noise(48, 192);
  for (const rule of ['bp', 'fa'] as const) {
    const network = networkOf(buildLayers(spec), rule, await loadKernels());
    const losses: number[] = [];
    train(network, images, { epochs: 25, batchSize: 16, learningRate: 0.05 }, (_, { loss }) => losses.push(loss));
    t.ok(losses[24] < losses[0] / 3, `${rule}: ${losses.map((loss) => loss.toFixed(2))}`);
  }
});

test('one, two and three workers train a ResNet-8 to the same bits, its averages with it', async (t) => {
  const results: Float32Array[] = [];
  for (const workers of [1, 2, 3]) {
    const pool = new WorkerPool(workers, 'simd');
    const kernels = await loadKernels('simd', pool.heap);
    const created = createNetwork(spec, { rule: 'fa', kernels });
    const network: SharedNetwork = { spec, rule: 'fa', ...created.parameters };
    const options = { ...defaultTraining, epochs: 2, batchSize: 33, weightDecay: 1e-4 };
    const memory = trainingMemory(created, options, (length) => pool.heap.float64(length));
    const { pixels, labels } = noise(67, 192);
    const shared = (from: ArrayLike<number>) => {
      const bytes = new Uint8Array(new SharedArrayBuffer(from.length));
      bytes.set(from);
      return bytes;
    };
    const images = { pixels: shared(pixels), labels: shared(labels), count: 67 };
    for (const epoch of [0, 1]) await pool.run('trainEpoch', { run: 1, network, images, options, memory, epoch });
    results.push(network.values.slice());
    await pool.close();
  }
  t.ok(sameBits(results[1], results[0]) && sameBits(results[2], results[0]));
  const untrained = createNetwork(spec, { rule: 'fa' });
  t.ok(relativeDifference(results[0], untrained.parameters.values) > 0.01);
});
