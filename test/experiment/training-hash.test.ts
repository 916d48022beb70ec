import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'tap';
import { type Config, parseConfigText, type TrainingConfig } from '../../src/experiment/config.js';
import { trainingHash, trainingImages } from '../../src/experiment/training-hash.js';

const file = 'test/fixtures/config-0.1.json';
const config = parseConfigText(readFileSync(file, 'utf8'), file);
const images = { sha256: 'ab'.repeat(32), count: 60_000 };
const hash = (changes: Partial<Config> = {}, rule: 'bp' | 'fa' = 'fa') =>
  trainingHash({ ...config, ...changes }, rule, images);
const plan = config.training.fa as TrainingConfig;
const withPlan = (changes: Partial<TrainingConfig>) => hash({ training: { fa: { ...plan, ...changes } } });

test('the hash is SHA-256 of sorted JSON of what decides the network, without what is as by default', async (t) => {
  // Written out by hand: networks that are kept somewhere have this hash, so that it must never change.
  const text =
    '{"backend":"simd","dataset":"mnist","initializer":"truncated-normal","rule":"fa","seed":1,' +
    '"training":{"batchSize":64,"epochs":8,"learningRate":0.01,"optimizer":"adam"},' +
    `"trainingImages":{"count":60000,"sha256":"${images.sha256}"}}`;
  t.equal(hash(), createHash('sha256').update(text).digest('hex'));
  t.equal(hash(), '4674c5f0c720fef1264e46765b8018d8515ff9ef3060d633e66b0e85dc79c2a8');
});

test('everything that decides the network changes the hash', async (t) => {
  const hashes = {
    nothing: hash(),
    'the rule': hash({}, 'bp'),
    'the data set': hash({ dataset: 'fashion-mnist' }),
    'the seed': hash({ seed: 2 }),
    'the model': hash({ model: 'lenet-wide' }),
    'the activation': hash({ activation: 'tanh' }),
    'the initializer': hash({ initializer: 'kaiming-uniform' }),
    'the backend': hash({ backend: 'reference' }),
    'the optimizer': withPlan({ optimizer: 'sgd' }),
    'the learning rate': withPlan({ learningRate: 0.02 }),
    'the decay': withPlan({ decay: 'cosine' }),
    'the warm-up': withPlan({ warmupEpochs: 1 }),
    'the epochs': withPlan({ epochs: 9 }),
    'the batch size': withPlan({ batchSize: 32 }),
    'the momentum': withPlan({ momentum: 0 }),
    'the weight decay': withPlan({ weightDecay: 0.1 }),
    'the decoupled decay': withPlan({ decoupledDecay: 0.1 }),
    'the augmentation': withPlan({ augment: true }),
    'how many images': trainingHash(config, 'fa', { ...images, count: 59_999 }),
    'which images': trainingHash(config, 'fa', { ...images, sha256: 'ac'.repeat(32) }),
  };
  t.equal(new Set(Object.values(hashes)).size, Object.keys(hashes).length);
  t.match(
    Object.values(hashes),
    Object.keys(hashes).map(() => /^[0-9a-f]{64}$/),
  );
  const settings = Object.keys(plan).length;
  t.equal(Object.keys(hashes).length, 1 + 9 + settings, 'every training setting is tried above');
});

test('nothing else does: no path, preset name, test image, attack, epsilon, or what the other networks learn by', async (t) => {
  const same = (changes: Partial<Config>, what: string) => t.equal(hash(changes), hash(), what);
  same({ data: '/somewhere/else' }, 'the folder of the data');
  same({ preset: 'mine' }, 'the preset’s name');
  same({ testSize: 10 }, 'test images');
  same({ trainSize: 60_000 }, 'all images, or as many as there are');
  same({ attacks: ['fgsm'], epsilons: [0.5], paths: ['true'], loss: 'margin' }, 'attacks');
  same({ attackOptions: { ...config.attackOptions, iterations: 3, clip: false } }, 'options of attacks');
  same({ training: { fa: plan } }, 'no other network');
  same({ training: { bp: { ...plan, learningRate: 9 }, fa: plan } }, 'another network');
  const turned = Object.fromEntries(Object.entries(plan).reverse()) as TrainingConfig;
  same({ training: { fa: turned } }, 'the order of fields');
});

test('a network that the configuration does not train has none', async (t) => {
  t.throws(() => trainingHash({ ...config, training: { fa: plan } }, 'bp', images), /trains no network by bp/);
});

test('images are known by their pixels and labels, whatever memory they lie in', async (t) => {
  const shared = <Bytes extends Uint8Array>(bytes: Bytes) => {
    const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
    copy.set(bytes);
    return copy;
  };
  const [pixels, labels] = [Uint8Array.of(1, 2, 3, 4, 5, 6), Uint8Array.of(7, 8)];
  const sha256 = createHash('sha256')
    .update(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8))
    .digest('hex');
  t.same(trainingImages({ pixels, labels, count: 2 }), { sha256, count: 2 });
  t.same(trainingImages({ pixels: shared(pixels), labels: shared(labels), count: 2 }), { sha256, count: 2 });
  t.not(trainingImages({ pixels, labels: Uint8Array.of(8, 7), count: 2 }).sha256, sha256);
});
