import { test } from 'tap';
import { type AttackName, attacks } from '../../src/attacks/index.js';
import { UserError } from '../../src/errors.js';
import { createNetwork } from '../../src/models/create.js';
import type { NetworkSpec } from '../../src/models/index.js';
import { checkMemory, memoryNeed } from '../../src/parallel/memory-need.js';
import type { SharedNetwork } from '../../src/parallel/messages.js';
import { WorkerPool } from '../../src/parallel/pool.js';
import { type RuleName, rules } from '../../src/rules/index.js';
import { loadKernels } from '../../src/tensor/backends.js';
import { Heap } from '../../src/tensor/heap.js';
import { freeTrainingMemory, trainingMemory } from '../../src/training/memory.js';
import { defaultTraining } from '../../src/training/options.js';
import { mnistImages } from '../helpers/mnist.js';
import { mnistSpec } from '../helpers/networks.js';

const MIB = 2 ** 20;
const wideSpec: NetworkSpec = {
  ...mnistSpec,
  model: 'lenet-wide',
  inputShape: [3, 32, 32],
  mean: [0.5, 0.5, 0.5],
  std: [0.2, 0.2, 0.2],
};
const adam = { ...defaultTraining, optimizer: 'adam' } as const;
const resnetSpec: NetworkSpec = { ...wideSpec, model: 'resnet20' };
const plans = { bp: defaultTraining, fa: adam };

test('a worker takes 6 MiB at most on LeNet-5, 35 on the wide LeNet and 30 on ResNet-20, attacks on both networks included', async (t) => {
  for (const [spec, most] of [
    [mnistSpec, 6],
    [wideSpec, 35],
    [resnetSpec, 30],
  ] as const) {
    const { worker } = await memoryNeed(spec, plans, 'simd');
    t.ok(worker < most * MIB && worker > MIB, `${spec.model}: ${(worker / MIB).toFixed(2)} MiB`);
  }
});

test('however large the mini-batches, the gradients of 64 shards are in memory', async (t) => {
  const need = async (batchSize: number) =>
    (await memoryNeed(mnistSpec, { bp: { ...defaultTraining, batchSize } }, 'simd')).shared;
  const [small, full, huge] = [await need(64), await need(512), await need(70_000)];
  t.ok(small < full);
  t.equal(full, huge);
});

test('trainings that go on at a time need their memory at a time', async (t) => {
  const need = async (atOnce: number) => (await memoryNeed(mnistSpec, plans, 'simd', atOnce)).shared;
  const [one, two, many] = [await need(1), await need(2), await need(9)];
  const gradients = 9 * 4 * 61_706; // eight shards' and their sum, by the parameters of LeNet-5
  t.ok(two - one > gradients && two - one < 1.5 * gradients, `${two - one}`);
  t.equal(many, two);
});

test('a job takes no more than was told before, and not much less', async (t) => {
  const workers = 2;
  const pool = new WorkerPool(workers, 'simd');
  try {
    const { train: images } = await mnistImages(200, 1);
    const plans = Object.fromEntries(Object.keys(rules).map((rule) => [rule, adam]));
    const told = await memoryNeed(mnistSpec, plans, 'simd');
    const kernels = await loadKernels('simd', pool.heap);
    const before = pool.heap.used;
    const networks: SharedNetwork[] = [];
    const largest = 'wm'; // of the trainings' memories: with the noise for its mirrors
    for (const [run, rule] of (Object.keys(rules) as RuleName[]).entries()) {
      const options = plans[rule];
      const created = createNetwork(mnistSpec, { rule, kernels });
      const network = { spec: mnistSpec, rule, ...created.parameters };
      networks.push(network);
      const memory = trainingMemory(created, options, (length) => pool.heap.float64(length));
      await pool.run('trainEpoch', { run, network, images, options, memory, epoch: 0 });
      await pool.run('countCorrect', { network, images });
      await pool.run('alignment', { network, images }, { members: 1 });
      await pool.run('inspectGradients', { network, images });
      if (rule !== largest) freeTrainingMemory(kernels, memory, (array) => pool.heap.free(array));
    }
    for (const source of networks) {
      await pool.run('attack', {
        ...{ source, path: 'feedback', loss: 'cross-entropy', targets: networks, images, seed: 0 },
        plans: Object.keys(attacks).map((attack) => ({
          attack: attack as AttackName,
          options: { iterations: 2, queries: 2, samples: 2, restarts: 2 },
          epsilons: [0.1],
        })),
      });
    }
    const taken = pool.heap.used - before;
    const need = told.shared + workers * told.worker;
    t.ok(taken <= need, `${taken} bytes taken, ${need} told`);
    t.ok(taken > 0.8 * need, `${taken} bytes taken, ${need} told`);
  } finally {
    await pool.close();
  }
});

test('a run that doesn’t fit is refused before it begins, with what it needs, what there is and what to do', async (t) => {
  const pool = (workers: number, maximumBytes: number) =>
    ({ size: workers, backend: 'simd', heap: new Heap({ maximumBytes }) }) as WorkerPool;
  await checkMemory(pool(3, 25e6), mnistSpec, plans);
  await t.rejects(checkMemory(pool(24, 60e6), mnistSpec, plans), {
    name: 'UserError',
    message:
      /^24 workers on lenet5 need 9\d.*MB of memory, 3\.\d.MB each and 3\.\d.MB for the networks; .* grants 59\.\d.MB\. Try --workers 15\.$/,
  });
  await t.rejects(checkMemory(pool(1, 20e6), wideSpec, plans), {
    name: 'UserError',
    message: /^1 worker on lenet-wide needs .* Even one worker needs more memory: choose a smaller model\.$/,
  });
});

test('networks that are larger than the heap are refused in a sentence, with what to do', async (t) => {
  const pool = new WorkerPool(1, 'simd');
  try {
    const spec: NetworkSpec = { ...wideSpec, inputShape: [3, 1024, 1024] };
    await t.rejects(checkMemory(pool, spec, plans), {
      constructor: UserError,
      message:
        /^lenet-wide on images of 1024 x 1024 pixels needs more memory than .* Give smaller images, or choose a smaller model/,
    });
  } finally {
    await pool.close();
  }
});
