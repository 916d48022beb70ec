import { test } from 'tap';
import {
  createNetwork,
  Heap,
  loadKernels,
  type RuleName,
  referenceKernels,
  rules,
  saveNetwork,
  train,
} from '../../src/core.js';
import type { Settings } from '../../src/lab/engine/answers.js';
import { Session } from '../../src/lab/engine/session.js';
import { EPOCHS, plans, ruleTraining, specWith } from '../../src/lab/plans.js';
import { sameBits } from '../helpers/arrays.js';
import { mnistImages } from '../helpers/mnist.js';

const images = await mnistImages(300, 40);
const settings: Settings = {
  rule: 'fa',
  seed: 3,
  activation: 'relu',
  initializer: 'kaiming-uniform',
  ...plans.tuned.training.fa,
};
const spec = specWith('relu');

async function begun(changes: Partial<Settings> = {}) {
  const session = new Session(await loadKernels());
  session.setImages(images);
  session.begin({ ...settings, ...changes });
  return session;
}

test('training in pieces, however they are cut, is the training loop, to the bit', async (t) => {
  for (const optimizer of ['sgd', 'adam'] as const) {
    const network = createNetwork(spec, { rule: 'fa', seed: 3, kernels: await loadKernels() });
    train(network, images.train, { epochs: EPOCHS, optimizer, learningRate: 0.02, seed: 3 });
    const steps = EPOCHS * Math.ceil(300 / 64);
    for (const pieces of [[steps], [1, 2, 7, steps], Array.from({ length: steps }, (_, i) => i + 1)]) {
      const session = await begun({ optimizer });
      for (const until of pieces) session.advance(until, Number.POSITIVE_INFINITY);
      t.ok(sameBits(session.parameters().values, network.parameters.values.slice()), `${optimizer}, ${pieces.length}`);
    }
  }
});

/** The page's settings for a rule: with tanh where it needs that. */
function settingsFor(rule: RuleName): Settings {
  const plan = plans[rule === 'drtp' ? 'tanh' : 'tuned'];
  const { activation, initializer } = plan;
  return { ...ruleTraining(plan, rule), rule, seed: 3, activation, initializer };
}

for (const rule of Object.keys(rules) as RuleName[]) {
  test(`${rule} learns by its plan, as the training loop does, to the bit`, async (t) => {
    const { activation, initializer, seed, rule: _rule, ...training } = settingsFor(rule);
    const session = await begun(settingsFor(rule));
    const steps = EPOCHS * Math.ceil(300 / 64);
    const losses: number[] = [];
    while (losses.length < steps) losses.push(session.advance(losses.length + 1, 0).loss);
    const mean = (some: number[]) => some.reduce((sum, loss) => sum + loss, 0) / some.length;
    t.ok(mean(losses.slice(-5)) < mean(losses.slice(0, 5)), `the loss falls: ${losses[0]} … ${losses.at(-1)}`);
    const network = createNetwork(specWith(activation), { rule, seed, initializer, kernels: await loadKernels() });
    train(network, images.train, { ...training, epochs: EPOCHS, seed });
    t.ok(sameBits(session.parameters().values, network.parameters.values.slice()), 'weights');
    t.ok(sameBits(session.parameters().feedback, network.parameters.feedback.slice()), 'feedback');
  });
}

test('a budget ends a piece early, after one mini-batch at least, and the next goes on', async (t) => {
  const session = await begun();
  t.equal(session.advance(10, 0).step, 1);
  t.equal(session.advance(10, 0).step, 2);
  t.equal(session.advance(10, Number.POSITIVE_INFINITY).step, 10);
  t.equal(session.advance(10, 0).images, 0, 'nothing is left to do');
});

test('a fresh start is a fresh start, whatever came before', async (t) => {
  const expected = await begun();
  expected.advance(6, 1e9);
  const session = await begun();
  session.advance(11, 1e9);
  session.begin({ ...settings, optimizer: 'adam' });
  session.advance(4, 1e9);
  session.begin({ ...settings, rule: 'bp' });
  session.advance(4, 1e9);
  session.begin(settings);
  session.advance(6, 1e9);
  t.ok(sameBits(session.parameters().values, expected.parameters().values));
  t.ok(sameBits(session.parameters().feedback, expected.parameters().feedback));
});

test('what it answers can be posted: copies, in memory of their own', async (t) => {
  const session = await begun();
  session.advance(3, 1e9);
  const image = Float32Array.from(images.test.pixels.subarray(0, 784), (value) => value / 255);
  const attack = { attack: 'bim', epsilon: 0.2, iterations: 3, path: 'true', loss: 'margin', seed: 1 } as const;
  const answers = [
    session.measure(),
    session.trace(image, 7, 'cross-entropy'),
    session.answer(image),
    session.perturb(image, 7, 0, attack),
    session.attackChunk(32, attack),
  ];
  for (const answer of answers) t.same(structuredClone(answer), answer);
  const seen: unknown[] = [];
  const look = (value: unknown): void => {
    if (ArrayBuffer.isView(value)) seen.push(value.buffer);
    else if (typeof value === 'object' && value !== null) for (const part of Object.values(value)) look(part);
  };
  answers.forEach(look);
  t.ok(seen.length > 50 && seen.every((buffer) => buffer instanceof ArrayBuffer), 'nothing in shared memory');
  t.equal(session.attackChunk(32, attack).right.length, 8, 'the last chunk is what is left');
});

test('an adversarial image stays within epsilon and in [0, 1]', async (t) => {
  const session = new Session(referenceKernels());
  session.setImages(images);
  session.begin(settings);
  const image = Float32Array.from(images.test.pixels.subarray(0, 784), (value) => value / 255);
  const settled = {
    attack: 'fgsm',
    epsilon: 0.1,
    iterations: 1,
    path: 'feedback',
    loss: 'cross-entropy',
    seed: 1,
  } as const;
  const { adversarial, zeroGradient } = session.perturb(image, 7, 0, settled);
  t.equal(zeroGradient, false);
  t.ok(adversarial.every((value, i) => value >= 0 && value <= 1 && Math.abs(value - image[i]) <= 0.1 + 1e-6));
  t.ok(adversarial.some((value, i) => value !== image[i]));
});

test('however often another network begins, it takes the memory of the one before', async (t) => {
  const heap = new Heap();
  const session = new Session(await loadKernels({ heap }));
  session.setImages(images);
  const image = Float32Array.from(images.test.pixels.subarray(0, 784), (value) => value / 255);
  const attack = { attack: 'apgd', epsilon: 0.2, iterations: 2, path: 'true', loss: 'margin', seed: 1 } as const;
  const useAll = async (round: number) => {
    for (const rule of ['bp', 'fa'] as const) {
      for (const optimizer of ['sgd', 'adam'] as const) {
        session.begin({ ...settings, rule, optimizer, seed: round });
        session.advance(1 + (round % 2), 1e9);
        session.measure();
        session.trace(image, 7, 'cross-entropy');
        session.perturb(image, 7, 0, attack);
      }
    }
    await session.load(saveNetwork(spec, 'fa', session.parameters()), 'test');
    session.answer(image);
    t.throws(() => session.advance(1, 1e9), /a network from a file is not trained on/);
  };
  await useAll(0);
  const { used } = heap;
  for (let round = 1; round < 20; round++) await useAll(round);
  t.equal(heap.used, used);
});

test('of a gradient of zero, only an attack that follows it is said to lack a direction', async (t) => {
  const session = await begun({ rule: 'bp' });
  const { values, feedback } = session.parameters();
  await session.load(saveNetwork(spec, 'bp', { values: values.fill(0), feedback }), 'all weights are zero');
  const common = { epsilon: 0.1, iterations: 2, path: 'true', loss: 'margin', seed: 1 } as const;
  const stands = (attack: 'bim' | 'square' | 'uniform-noise') =>
    session.perturb(new Float32Array(784).fill(0.5), 7, 0, { ...common, attack }).zeroGradient;
  t.same([stands('bim'), stands('square'), stands('uniform-noise')], [true, false, false]);
});
