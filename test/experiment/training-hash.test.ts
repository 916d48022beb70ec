import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'tap';
import { type Config, parseConfigText, type TrainingConfig } from '../../src/experiment/config.js';
import { earlierTraining, trainingHash, trainingImages } from '../../src/experiment/training-hash.js';
import type { InitializerName } from '../../src/models/initialize.js';
import type { RuleName } from '../../src/rules/index.js';

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

/** Of the settings above and each rule, as version 0.1.0 wrote them into networks and checkpoints. */
const written = {
  'truncated-normal': {
    bp: '97f65d8111dca686f205605807b836bc08e5e2e7cc363fe3660e3b2c73b98c51',
    fa: '4674c5f0c720fef1264e46765b8018d8515ff9ef3060d633e66b0e85dc79c2a8',
    dfa: 'd44c99b89bc05f228717bf0e14d0b707b7bc4fc3174d6202a3caf20fa5bdd50c',
    drtp: '2b696de955769fa3a100791ad46dc13b05c916359f48aaccbe9b315a4e580407',
    usf: 'efbbf7ea0701ce0ca3e84d265af45031ba27a17388f549d1c4b32c92bcc8add3',
    brsf: '2b72d242f4cbf32501a686ca91df6d46f93e61534ca57b48e5c87e236a0eba45',
    frsf: '7cb9f3c30cff1fe0e931147e6260d4e102cbee439fa580de5ea27df664364a88',
    kp: '7ca1318aa41e6fdef61ea8844b3a0aec1677019d9cf8fdb52ff8e0dca67e2222',
    wm: '0c6194d5cdb4343a14d0408be9abe9e35bf3eb97ebbb8869e05c391e0c8f97d2',
  },
  'kaiming-uniform': {
    bp: '5ebfdb6a3b4548ae7b11956363551d11527888e7e4d597baf615495e659abbd5',
    fa: '4466de7bc4e3a2a22a5e1acb56369d0e5dd892f763879f471f9698dacbb39013',
    dfa: '7dcb1c815dd207c73482c47f203c3236291ac769008be5655e27b1c4c29ae106',
    drtp: '0267b7526abafac91c94d92c564cf1620a9be02b7f44e2dac7c0c6b7b0a26a46',
    usf: 'ac46972d85419cabafa981def9d40161b49350d6314b3b49b412664ad2d71bd0',
    brsf: '51303468f9583742b64123e2337b938f2a77b17651b18149889e71dcfa579f37',
    frsf: 'e83213fc6a2a000da76c3b4c2a448fab7574a397371da8205e35a362afa5c7c8',
    kp: '1cda96f04e405e90714a7d9c5a5af78402580e6038d197de620ac1bff16447cc',
    wm: 'e805b39842564f0b3b1922d3bdfd61fdf2d9df1154035cea7c427e7fff0ce718',
  },
} as const satisfies Record<InitializerName, Record<RuleName, string>>;

test('every rule keeps its hash under every initializer, but brsf under truncated-normal, which is trained otherwise now', async (t) => {
  for (const [initializer, byRule] of Object.entries(written) as [InitializerName, Record<RuleName, string>][]) {
    for (const [rule, before] of Object.entries(byRule) as [RuleName, string][]) {
      const now = { ...config, initializer, training: { [rule]: plan } };
      const changed = rule === 'brsf' && initializer === 'truncated-normal';
      t.equal(trainingHash(now, rule, images) === before, !changed, `${rule}, ${initializer}`);
      t.equal(earlierTraining(now, rule, images)?.hash, changed ? before : undefined, `${rule}, ${initializer}`);
    }
  }
});

test('the new hash of brsf under truncated-normal never changes either', async (t) => {
  const now = { ...config, training: { brsf: plan } };
  t.equal(trainingHash(now, 'brsf', images), '75f0e4ff02f5c8acba11fcba73fe15b169f506c0e4d84baf7f2c085b42e81a43');
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
