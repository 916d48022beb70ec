import { createHash } from 'node:crypto';
import { test } from 'tap';
import { datasets } from '../../src/datasets/index.js';
import { sumCounts } from '../../src/metrics/adversarial-accuracy.js';
import { createNetwork, networkSpec } from '../../src/models/create.js';
import type { InitializerName } from '../../src/models/initialize.js';
import type { Network } from '../../src/models/network.js';
import type { Parameters } from '../../src/models/parameters.js';
import type { SharedNetwork } from '../../src/parallel/messages.js';
import { WorkerPool } from '../../src/parallel/pool.js';
import { type RuleName, rules } from '../../src/rules/index.js';
import type { LearningRule } from '../../src/rules/rule.js';
import { loadKernels } from '../../src/tensor/backends.js';
import { firstImages } from '../../src/tensor/images.js';
import { backends } from '../../src/tensor/kernels.js';
import { trainingMemory } from '../../src/training/memory.js';
import type { TrainingOptions } from '../../src/training/options.js';
import { train } from '../../src/training/train.js';

const mnist = await datasets.mnist.load();
const spec = networkSpec(mnist);
/** Not a multiple of the batch, the batch not of the shard: every remainder occurs. */
const images = firstImages(mnist.train, 330);
const options: TrainingOptions = {
  epochs: 2,
  batchSize: 72,
  optimizer: 'adam',
  learningRate: 0.01,
  decay: 'linear',
  warmupEpochs: 0,
  momentum: 0.9,
  weightDecay: 1e-4,
  decoupledDecay: 0.05,
  augment: false,
  seed: 5,
};

/** Equal for arrays that are equal to the bit. */
const fingerprint = (array: Float32Array): string =>
  createHash('sha256').update(new Uint8Array(array.slice().buffer)).digest('hex');

async function networkIn(
  pool: WorkerPool,
  rule: RuleName,
  initializer?: InitializerName,
): Promise<Network<Float32Array>> {
  const kernels = await loadKernels(pool.backend, pool.heap);
  return createNetwork(spec, { rule, seed: 5, ...(initializer && { initializer }), kernels });
}

async function sharedNetwork(pool: WorkerPool, rule: RuleName): Promise<SharedNetwork> {
  return { spec, rule, ...(await networkIn(pool, rule)).parameters };
}

/** A network, and the memory to train it. */
async function trainee(pool: WorkerPool, rule: RuleName, settings = options, initializer?: InitializerName) {
  const created = await networkIn(pool, rule, initializer);
  const network: SharedNetwork = { spec, rule, ...created.parameters };
  return { network, memory: trainingMemory(created, settings, (length) => pool.heap.float64(length)) };
}

/** The plain kernels are compiled anew by each thread, slowly, so they get fewer images; every remainder still occurs. */
const workloads = {
  simd: { shown: images, batchSize: 72, attacked: firstImages(mnist.test, 150), iterations: 10 },
  reference: { shown: firstImages(images, 57), batchSize: 36, attacked: firstImages(mnist.test, 70), iterations: 2 },
};
type Workload = (typeof workloads)['simd'];

async function trainOn(
  pool: WorkerPool,
  rule: RuleName,
  { shown, batchSize }: Pick<Workload, 'shown' | 'batchSize'>,
  initializer?: InitializerName,
): Promise<SharedNetwork> {
  const settings = { ...options, batchSize };
  const { network, memory } = await trainee(pool, rule, settings, initializer);
  for (let epoch = 0; epoch < settings.epochs; epoch++) {
    await pool.run('trainEpoch', { run: runs, network, images: shown, options: settings, memory, epoch });
  }
  runs++;
  return network;
}

let runs = 100;

async function attackOn(pool: WorkerPool, { attacked, iterations }: Workload): Promise<unknown> {
  const [bp, fa] = [await sharedNetwork(pool, 'bp'), await sharedNetwork(pool, 'fa')];
  const parts = await pool.run('attack', {
    source: fa,
    path: 'feedback',
    loss: 'cross-entropy',
    targets: [bp, fa],
    images: attacked,
    plans: (['fgsm', 'mi-fgsm'] as const).map((attack) => ({
      attack,
      options: attack === 'fgsm' ? {} : { iterations },
      epsilons: [0, 0.1],
    })),
    seed: 1,
  });
  return sumCounts(parts);
}

for (const backend of backends) {
  test(`with ${backend} kernels, 1, 2, 3, 4 and 16 workers give the same weights to the bit, as does one thread without workers, and the same attack counts`, async (t) => {
    const workload = workloads[backend];
    const alone = createNetwork(spec, { rule: 'fa', seed: 5, kernels: await loadKernels(backend) });
    const untrained = fingerprint(alone.parameters.values);
    train(alone, workload.shown, { ...options, batchSize: workload.batchSize });
    const trained = fingerprint(alone.parameters.values);
    t.not(trained, untrained, 'the weights have moved');
    let counts: unknown;
    for (const workers of [1, 2, 3, 4, 16]) {
      const pool = new WorkerPool(workers, backend); // one for both jobs: most of the time is threads starting
      try {
        t.equal(fingerprint((await trainOn(pool, 'fa', workload)).values), trained, `${workers} workers: weights`);
        const its = await attackOn(pool, workload);
        counts ??= its;
        t.same(its, counts, `${workers} workers: attack counts`);
      } finally {
        await pool.close();
      }
    }
  });
}

test('what feedback weights learn, or draw anew, is the same to the bit for 1, 2 and 5 workers, as on one thread without', {
  timeout: 60_000,
}, async (t) => {
  const workload = { shown: firstImages(images, 150), batchSize: 72 };
  const learning = (Object.keys(rules) as RuleName[]).filter((rule) => (rules[rule] as LearningRule).learning);
  t.same(learning, ['brsf', 'kp', 'wm']);
  const both = ({ values, feedback }: Parameters<Float32Array>) => [fingerprint(values), fingerprint(feedback)];
  const alone = new Map<RuleName, string[]>();
  for (const rule of learning) {
    const network = createNetwork(spec, { rule, seed: 5, kernels: await loadKernels() });
    const [, before] = both(network.parameters);
    train(network, workload.shown, { ...options, batchSize: workload.batchSize });
    alone.set(rule, both(network.parameters));
    t.not(alone.get(rule)?.[1], before, `${rule}: feedback weights have moved`);
  }
  for (const workers of [1, 2, 5]) {
    const pool = new WorkerPool(workers, 'simd');
    for (const rule of learning) {
      t.same(both(await trainOn(pool, rule, workload)), alone.get(rule), `${rule}, ${workers} workers`);
    }
    await pool.close();
  }
});

test('brsf’s magnitudes under truncated-normal are the same to the bit for 1, 2 and 5 workers, as on one thread without', {
  timeout: 60_000,
}, async (t) => {
  const initializer = 'truncated-normal';
  const workload = { shown: firstImages(images, 150), batchSize: 72 };
  const alone = createNetwork(spec, { rule: 'brsf', seed: 5, initializer, kernels: await loadKernels() });
  train(alone, workload.shown, { ...options, batchSize: workload.batchSize });
  for (const workers of [1, 2, 5]) {
    const pool = new WorkerPool(workers, 'simd');
    const { values, feedback } = await trainOn(pool, 'brsf', workload, initializer);
    t.equal(fingerprint(feedback), fingerprint(alone.parameters.feedback), `${workers} workers: feedback weights`);
    t.equal(fingerprint(values), fingerprint(alone.parameters.values), `${workers} workers: weights`);
    await pool.close();
  }
});

test('a worker that throws ends the job with its error, while the others wait for it', {
  timeout: 20_000,
}, async (t) => {
  const pool = new WorkerPool(3, 'simd');
  const { network, memory } = await trainee(pool, 'bp');
  const broken = { ...memory, shards: memory.shards.map((shard, s) => (s === 1 ? shard.subarray(0, 10) : shard)) };
  await t.rejects(
    pool.run('trainEpoch', { run: 1, network, images, options, memory: broken, epoch: 0 }),
    /10|short|length/,
    'the error of the worker that got the short gradient',
  );
  const [result] = await pool.run('trainEpoch', { run: 2, network, images, options, memory, epoch: 0 });
  t.ok(Number.isFinite(result.loss), 'and the pool goes on working');
  await pool.close();
});

/** A job that takes a minute or more on the plain kernels, to be ended before. */
async function longJob(pool: WorkerPool) {
  const { network, memory } = await trainee(pool, 'bp');
  return { run: 1, network, images: mnist.train, options, memory, epoch: 0 };
}

test('closing the pool ends a job under way, and no later one begins', { timeout: 20_000 }, async (t) => {
  const pool = new WorkerPool(2, 'reference');
  const job = await longJob(pool);
  const started = performance.now();
  setTimeout(() => void pool.close(), 300);
  await t.rejects(pool.run('trainEpoch', job));
  t.ok(performance.now() - started < 5000, 'within seconds, though the epoch would take longer');
  await t.rejects(pool.run('trainEpoch', job), /trainEpoch: the pool is closed/, 'while it closes');
  await pool.close();
  await t.rejects(pool.run('trainEpoch', job), /trainEpoch: the pool is closed/, 'and when it has');
});

test('a job is refused while too few threads are free; those under way go on, and afterwards it is taken', {
  timeout: 20_000,
}, async (t) => {
  const pool = new WorkerPool(2, 'simd');
  const network = await sharedNetwork(pool, 'bp');
  const job = { network, images: firstImages(mnist.test, 500) };
  const first = pool.run('countCorrect', job);
  await t.rejects(
    pool.run('alignment', job, { members: 1 }),
    /alignment: the pool is busy with countCorrect; 0 of its 2 threads are free/,
  );
  const counts = await first;
  const halves = [pool.run('countCorrect', job, { members: 1 }), pool.run('countCorrect', job, { members: 1 })];
  await t.rejects(pool.run('alignment', job, { members: 1 }), /0 of its 2/);
  t.same(await Promise.all(halves), Array(2).fill([counts[0] + counts[1]]), 'two that fit go on at a time');
  t.equal(counts.length, 2);
  t.same((await pool.run('countCorrect', job)).length, 2);
  await pool.close();
});

test('a pool that grows gives its new workers a part in what is under way, where members do not wait for each other', {
  timeout: 60_000,
}, async (t) => {
  const pool = new WorkerPool(1, 'simd');
  const sum = (counts: readonly number[]) => counts.reduce((all, each) => all + each, 0);
  const network = await sharedNetwork(pool, 'bp');
  const job = { network, images: mnist.test };
  const alone = await pool.run('countCorrect', job);
  const growing = pool.run('countCorrect', job);
  pool.grow(3);
  const counts = await growing;
  t.equal(pool.size, 3);
  t.equal(counts.length, 3, 'two have joined');
  t.equal(sum(counts), sum(alone));
  pool.grow(2);
  t.equal(pool.size, 3, 'it does not shrink');
  const two = pool.run('countCorrect', job, { members: 2 });
  pool.grow(4);
  t.equal((await two).length, 2, 'a job whose members are counted is joined by nobody');
  t.equal((await pool.run('countCorrect', job)).length, 4);
  await pool.close();
  pool.grow(5);
  t.equal(pool.size, 4, 'nor does it grow once it is closed');
});

test('a pool grows no further than its memory holds, and none may wait for a member that joined late', {
  timeout: 60_000,
}, async (t) => {
  const pool = new WorkerPool(1, 'simd');
  const { network, memory } = await trainee(pool, 'bp');
  pool.most = 2;
  const job = { run: 1, network, images: firstImages(mnist.train, 2000), options, memory, epoch: 0 };
  const open = pool.run('trainEpoch', job); // its members wait for each other, and their number was not said
  pool.grow(3);
  t.equal(pool.size, 2);
  await t.rejects(open, /member 1 of a crew of 1 joined it after it began: it can't take part in barriers/);
  await pool.close();
});

test('a pool that is closed twice, as that of an aborted run is, starts no thread anew', async (t) => {
  const pool = new WorkerPool(2, 'simd');
  const network = await sharedNetwork(pool, 'bp');
  await pool.run('countCorrect', { network, images: firstImages(mnist.test, 100) });
  let begun = 0;
  const count = () => begun++;
  process.on('worker', count);
  await Promise.all([pool.close(), pool.close()]);
  await new Promise((resolve) => setTimeout(resolve, 300));
  process.off('worker', count);
  t.equal(begun, 0);
});

test('workers that come between two epochs change no weight', { timeout: 60_000 }, async (t) => {
  const train = async (counts: readonly number[]) => {
    const pool = new WorkerPool(counts[0], 'simd');
    const { network, memory } = await trainee(pool, 'fa');
    for (const [epoch, members] of counts.entries()) {
      pool.grow(members);
      const epochs = { ...options, epochs: counts.length };
      const job = { run: 1, network, images: firstImages(mnist.train, 1000), options: epochs, memory, epoch };
      await pool.run('trainEpoch', job, { members });
    }
    await pool.close();
    return fingerprint(network.values);
  };
  t.equal(await train([1, 3, 4]), await train([2, 2, 2]));
});

test('progress is reported up to the last unit', async (t) => {
  const pool = new WorkerPool(2, 'simd');
  const network = await sharedNetwork(pool, 'bp');
  const seen: number[] = [];
  const job = { network, images: firstImages(mnist.test, 1000) };
  const counts = await pool.run('countCorrect', job, { onProgress: (done) => seen.push(done) });
  t.equal(counts.length, 2);
  t.equal(seen.at(-1), Math.ceil(1000 / 64));
  await pool.close();
});

test('a mini-batch too large for memory at a time gives three workers the weights that it gives one thread', async (t) => {
  const shown = firstImages(mnist.train, 1100);
  const workload = { ...workloads.simd, shown, batchSize: 1100 };
  const alone = createNetwork(spec, { rule: 'fa', seed: 5, kernels: await loadKernels() });
  train(alone, shown, { ...options, batchSize: 1100 });
  const pool = new WorkerPool(3, 'simd');
  try {
    t.equal(fingerprint((await trainOn(pool, 'fa', workload)).values), fingerprint(alone.parameters.values));
  } finally {
    await pool.close();
  }
});
