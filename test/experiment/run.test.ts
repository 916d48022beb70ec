import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { encode } from 'fast-png';
import tap, { test } from 'tap';
import { type ConfigOptions, configFrom } from '../../src/commands/options.js';
import { datasets } from '../../src/datasets/index.js';
import { UserError } from '../../src/errors.js';
import { attackRun } from '../../src/experiment/attack-run.js';
import type { Config } from '../../src/experiment/config.js';
import { parseMetrics } from '../../src/experiment/metrics.js';
import { type Progress, silent } from '../../src/experiment/progress.js';
import { runExperiment } from '../../src/experiment/run.js';
import { networksAtOnce } from '../../src/experiment/train-all.js';
import { trainingHash, trainingImages } from '../../src/experiment/training-hash.js';
import { loadNetwork } from '../../src/models/checkpoint.js';
import {
  type Checkpoint,
  type CheckpointTensor,
  decodeCheckpoint,
  encodeCheckpoint,
} from '../../src/models/safetensors.js';
import { parseResults } from '../../src/report/run/results.js';
import { firstImages } from '../../src/tensor/images.js';
import { referenceKernels } from '../../src/tensor/reference.js';

const small: ConfigOptions = {
  trainSize: '640',
  testSize: '130',
  epochs: '3',
  lr: '0.002',
  epsilons: '0,0.1,0.5',
  iterations: '3',
};
const config = configFrom('mnist', small, 'simd');

const run = (out: string, options: Partial<Parameters<typeof runExperiment>[1]> = {}, with_: Config = config) =>
  runExperiment(with_, { out, workers: 2, force: false, progress: silent, ...options });

/** The file of a folder that was written last. */
function lastWritten(folder: string): string | undefined {
  const written = (name: string) => statSync(join(folder, name), { bigint: true }).mtimeNs;
  return readdirSync(folder)
    .sort((a, b) => Number(written(a) - written(b)))
    .at(-1);
}

test('images that are too small for a model are refused with what to do, before there is a run', async (t) => {
  const [data, out] = [join(t.testdir(), 'data'), join(t.testdir(), 'run')];
  for (const name of ['a', 'b']) {
    mkdirSync(join(data, name), { recursive: true });
    for (let i = 0; i < 4; i++) writeFileSync(join(data, name, `${i}.png`), encode({ width: 1, height: 1, data: Uint8Array.of(60 * i), channels: 1 })); // biome-ignore format: one line
  }
  await t.rejects(run(out, {}, configFrom('folder', { data, model: 'lenet5' }, 'simd')), {
    constructor: UserError,
    message: /^lenet5 can't be built for images of \[1, 1, 1\] \(.*\)\. Give larger images, or choose another model/,
  });
  t.same(readdirSync(out), [], 'no file of a run');
});

const hash = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');

/** A run from beginning to end with one worker, which several tests look at. */
const whole = join(tap.testdir(), 'whole');
const finished = run(whole, { workers: 1 });

/** Lets a run go on until the given network has logged this many epochs, then interrupts it. */
function interruptAfter(label: string, epochs: number): { progress: Progress; signal: AbortSignal } {
  const controller = new AbortController();
  let seen = 0;
  const log = (line: string) => {
    if (line.startsWith(`${label} epoch`) && ++seen === epochs) controller.abort();
  };
  return { progress: { ...silent, log }, signal: controller.signal };
}

test('a run leaves all its files; its curves and networks are the same for 1 and 3 workers', async (t) => {
  const [one, three] = [whole, join(t.testdir(), 'three')];
  const { results, files } = await finished;
  const again = await run(three, { workers: 3 });
  const expected = [
    'config.json',
    'metrics.jsonl',
    'bp.safetensors',
    'fa.safetensors',
    'results.json',
    'results.csv',
    'gallery.json',
    'report.html',
  ];
  const figures = ['a', 'b', 'd', 'e'].flatMap((letter) => [`figure-${letter}.svg`, `figure-${letter}.png`]);
  t.same([...files].sort(), [...expected, ...figures].sort(), 'the files it says it wrote');
  t.same(readdirSync(one).sort(), [...expected, ...figures].sort(), 'are those in the folder, and no others');
  t.equal(lastWritten(one), 'results.json', 'where that is, nothing is missing');
  t.same(again.results.curves, results.curves);
  for (const name of ['bp.safetensors', 'fa.safetensors', 'results.csv']) {
    t.equal(hash(join(three, name)), hash(join(one, name)), name);
  }
  t.same(parseResults(readFileSync(join(one, 'results.json'), 'utf8'), 'results.json').curves, results.curves);

  t.equal(results.curves.length, 12, 'three attacks, from two networks, shown to two');
  for (const { source, target, path, points } of results.curves) {
    t.equal(path, source === 'fa' ? 'feedback' : 'true');
    t.equal(points[0].accuracy, results.models[target].cleanAccuracy, 'at epsilon 0: the clean accuracy of the target');
    t.ok(points.every(({ correct, total, accuracy }) => total === 130 && accuracy === correct / total));
  }
  const lines = readFileSync(join(one, 'metrics.jsonl'), 'utf8').trim().split('\n');
  t.same(
    lines.map((line) => JSON.parse(line)).map(({ rule, epoch }) => `${rule} ${epoch}`),
    ['bp 1', 'bp 2', 'bp 3', 'fa 1', 'fa 2', 'fa 3'],
  );
  const fa = JSON.parse(lines[5]);
  t.equal(fa.gradientAngles.fc3, 0, 'the top layer gets the exact gradient');
  t.ok(fa.gradientAngles.conv1 > 10 && fa.weightAngles.conv1 > 45, 'the lower ones do not');
  t.notOk(JSON.parse(lines[0]).weightAngles, 'BP has no feedback weights');
});

test('a saved network can be loaded, and classifies as the results say', async (t) => {
  const out = join(t.testdir(), 'run');
  const { results } = await run(out, {}, configFrom('mnist', { ...small, epochs: '1', rules: 'fa' }, 'simd'));
  const bytes = readFileSync(join(out, 'fa.safetensors'));
  const network = loadNetwork(bytes, 'fa.safetensors', referenceKernels());
  const { imageBatch, accuracy } = await import('../../src/index.js');
  const mnist = await datasets.mnist.load();
  const { images, labels } = imageBatch(mnist.test, mnist.shape, 0, 130);
  t.ok(Math.abs(accuracy(network, images, labels) - results.models.fa.cleanAccuracy) <= 1 / 130, 'to rounding');
  t.notOk(existsSync(join(out, 'figure-b.svg')), 'one network alone transfers to none');
});

test('an interrupted run goes on where it was, and ends with the same bytes as one that never was', async (t) => {
  const broken = join(t.testdir(), 'broken');
  await finished;
  await t.rejects(run(broken, interruptAfter('FA', 2)), 'interrupted in the second network');
  t.ok(existsSync(join(broken, 'bp.safetensors')), 'the first is finished');
  t.ok(existsSync(join(broken, 'fa.checkpoint.safetensors')), 'the second has a checkpoint');
  t.notOk(existsSync(join(broken, 'results.json')));
  await run(broken);
  for (const name of ['bp.safetensors', 'fa.safetensors', 'results.csv']) {
    t.equal(hash(join(broken, name)), hash(join(whole, name)), name);
  }
  t.same(readdirSync(broken).sort(), readdirSync(whole).sort(), 'and leaves no checkpoint');
  const epochs = readFileSync(join(broken, 'metrics.jsonl'), 'utf8').trim().split('\n');
  t.equal(epochs.length, 6, 'each epoch once');
});

test('with more workers than a mini-batch has shards, networks are trained side by side: the same bytes', {
  timeout: 120_000,
}, async (t) => {
  const three = { ...small, batchSize: '16', rules: 'bp,fa,kp', attacks: 'fgsm', testSize: '60' };
  const plan = configFrom('mnist', three, 'simd');
  t.equal(networksAtOnce(plan.training, 3), 1);
  t.equal(networksAtOnce(plan.training, 5), 2, 'two shards each');
  t.equal(networksAtOnce(plan.training, 64), 3, 'no more than there are');
  const [alone, beside, broken] = ['alone', 'beside', 'broken'].map((name) => join(t.testdir(), name));
  const titles = interruptAt('');
  await run(alone, { workers: 1 }, plan);
  await run(beside, { workers: 5, ...titles.settings }, plan);
  t.same(titles.begun.slice(0, 2), ['BP and FA training', 'KP training']);
  await t.rejects(run(broken, { workers: 5, ...interruptAfter('FA', 2) }, plan));
  t.ok(existsSync(join(broken, 'fa.checkpoint.safetensors')));
  await run(broken, { workers: 4 }, plan);
  const epochs = (folder: string) =>
    parseMetrics(readFileSync(join(folder, 'metrics.jsonl'), 'utf8'), folder).map((line) => ({ ...line, seconds: 0 }));
  for (const folder of [beside, broken]) {
    for (const name of ['bp.safetensors', 'fa.safetensors', 'kp.safetensors', 'results.csv']) {
      t.equal(hash(join(folder, name)), hash(join(alone, name)), name);
    }
    t.same(epochs(folder), epochs(alone), 'in the same order');
  }

  const diverging = configFrom('mnist', { ...three, rules: 'bp,fa', lr: 'fa=1e20' }, 'simd');
  const failed = join(t.testdir(), 'failed');
  await t.rejects(run(failed, { workers: 4 }, diverging), { constructor: UserError, message: /^FA: .* diverged/ });
  t.ok(existsSync(join(failed, 'bp.checkpoint.safetensors')), 'the other one’s epoch is not lost');
  t.notOk(existsSync(join(failed, 'bp.safetensors')), 'and it was not trained to the end for nothing');
});

/** Begins the run's pieces of work by their titles, and is interrupted when it comes to the one that is named. */
function interruptAt(title: string) {
  const controller = new AbortController();
  const begun: string[] = [];
  const during: Progress['during'] = (name, ...work) => {
    begun.push(name);
    if (name === title) controller.abort();
    return silent.during(name, ...work);
  };
  return { begun, settings: { progress: { ...silent, during }, signal: controller.signal } };
}

test('a run that is interrupted in its attacks goes on with those that are left', async (t) => {
  const broken = join(t.testdir(), 'broken');
  await finished;
  await t.rejects(run(broken, interruptAt('attacks on FA').settings));
  t.equal(readdirSync(join(broken, 'unfinished')).length, 1, 'BP is attacked');
  const second = interruptAt('');
  await run(broken, second.settings);
  t.same(
    second.begun.filter((title) => title.startsWith('attacks')),
    ['attacks on FA'],
  );
  t.equal(hash(join(broken, 'results.csv')), hash(join(whole, 'results.csv')));
  t.same(readdirSync(broken).sort(), readdirSync(whole).sort(), 'and nothing is left of what was kept');
});

test('new attacks on a finished run: the same attack, the same curve; beside the run, which stays as it is', async (t) => {
  const { results } = await finished;
  const before = readdirSync(whole).map((name) => [name, hash(join(whole, name))]);
  const attack = (more: Partial<Parameters<typeof attackRun>[1]> = {}) =>
    attackRun(whole, { settings: {}, images: 130, force: false, workers: 2, progress: silent, ...more });
  const same = await attack();
  t.match(same.folder, /attacks\/fgsm\+bim\+mi-fgsm-feedback-cross-entropy-130-[0-9a-f]{8}$/);
  t.same(same.results, JSON.parse(readFileSync(join(same.folder, 'results.json'), 'utf8')));
  t.same({ ...same.results, environment: 0 }, { ...JSON.parse(JSON.stringify(results)), environment: 0 });
  t.same(readdirSync(same.folder).sort(), [...same.files].sort());
  t.equal(lastWritten(same.folder), 'results.json', 'where that is, nothing is missing');
  await t.rejects(attack(), { constructor: UserError, message: /holds these attacks already/ });
  t.same((await attack({ force: true, workers: 1 })).results.curves, same.results.curves);

  const settings = { attacks: ['apgd'], paths: ['true'], loss: 'margin', epsilons: [0.1] } as const;
  const other = await attack({
    settings: { ...settings, attacks: [...settings.attacks], paths: ['true'], epsilons: [0.1] },
    images: 40,
    name: 'strong',
  });
  t.equal(other.folder, join(whole, 'attacks', 'strong'));
  t.match(other.results, { testImages: 40 });
  t.same(
    other.results.curves.map(({ attack: name, path, loss, points }) => [
      name,
      path,
      loss,
      points.length,
      points[0].total,
    ]),
    Array(4).fill(['apgd', 'true', 'margin', 1, 40]),
  );

  await t.rejects(attack({ name: 'strong', force: true, ...interruptAt('attacks on BP').settings }));
  t.notOk(existsSync(join(other.folder, 'results.json')), 'no old results beside a new config.json');
  const broken = interruptAt('attacks on FA');
  await t.rejects(attack({ name: 'broken', ...broken.settings }));
  const again = interruptAt('');
  const { results: after } = await attack({ name: 'broken', ...again.settings });
  t.same(again.begun, ['attacks on FA']);
  t.same(after.curves, same.results.curves);

  await t.rejects(attack({ name: '../x' }), { constructor: UserError, message: /^--name "\.\.\/x": letters/ });
  await t.rejects(attack({ images: 131 }), {
    constructor: UserError,
    message: /^--images 131: the run has 130 test images/,
  });
  t.same(
    before,
    readdirSync(whole)
      .filter((name) => name !== 'attacks')
      .map((name) => [name, hash(join(whole, name))]),
  );
  rmSync(join(whole, 'attacks'), { recursive: true });
});

test('a run of every rule whose feedback learns goes on with it, and with what its optimizer remembers', {
  timeout: 60_000,
}, async (t) => {
  const [straight, broken] = [join(t.testdir(), 'straight'), join(t.testdir(), 'broken')];
  const rules = { rules: 'brsf,kp,wm', optimizer: 'brsf=sgd,kp=adam,wm=sgd', decoupledDecay: 'kp=0.5', lr: '0.002' };
  const learning = configFrom('mnist', { ...small, ...rules, epochs: '2', epsilons: '0.1' }, 'simd');
  await run(straight, {}, learning);
  for (const label of ['brSF', 'KP', 'WM']) {
    const { progress, signal } = interruptAfter(label, 1);
    await t.rejects(run(broken, { progress, signal }, learning));
  }
  const { tensors } = decodeCheckpoint(readFileSync(join(broken, 'wm.checkpoint.safetensors')), 'wm');
  t.ok(tensors['conv1.feedback'] && !tensors['optimizer.feedback.velocity'], 'no optimizer moves a mirror');
  await run(broken, { workers: 1 }, learning);
  for (const name of ['brsf.safetensors', 'kp.safetensors', 'wm.safetensors', 'results.csv']) {
    t.equal(hash(join(broken, name)), hash(join(straight, name)), name);
  }
});

test('a residual network goes on with its averages, to the same bytes', async (t) => {
  const [straight, broken] = [join(t.testdir(), 'straight'), join(t.testdir(), 'broken')];
  const deep = configFrom(
    'mnist',
    { ...small, model: 'resnet8', rules: 'bp', optimizer: 'sgd', trainSize: '41', epochs: '2', attacks: 'fgsm' },
    'simd',
  );
  await run(straight, {}, deep);
  const { progress, signal } = interruptAfter('BP', 1);
  await t.rejects(run(broken, { progress, signal }, deep));
  const { tensors } = decodeCheckpoint(readFileSync(join(broken, 'bp.checkpoint.safetensors')), 'bp');
  t.ok(tensors['block1.bn1.running_var'].data.every((value) => value > 0 && value !== 1));
  await run(broken, { workers: 1 }, deep);
  for (const name of ['bp.safetensors', 'results.csv']) {
    t.equal(hash(join(broken, name)), hash(join(straight, name)), name);
  }
});

test('a finished run, or another one begun, is not overwritten unless forced', async (t) => {
  const out = join(t.testdir({ run: { 'notes.txt': 'mine' } }), 'run');
  const tiny = configFrom('mnist', { ...small, epochs: '1', rules: 'bp', attacks: 'fgsm' }, 'simd');
  await t.rejects(run(out, interruptAfter('BP', 1), tiny));
  const other = configFrom('mnist', { ...small, epochs: '2', rules: 'bp', attacks: 'fgsm' }, 'simd');
  await t.rejects(run(out, {}, other), /unfinished run with other options/);
  await run(out, {}, tiny);
  await t.rejects(run(out, {}, tiny), /holds a finished run.*--out.*--force/);
  await t.rejects(run(out, {}, tiny), UserError);
  const before = hash(join(out, 'bp.safetensors'));
  await run(out, { force: true }, other);
  t.not(hash(join(out, 'bp.safetensors')), before, 'forced: replaced');
  t.equal(readFileSync(join(out, 'notes.txt'), 'utf8'), 'mine', 'but what is not a file of the run stays');
});

test('networks and checkpoints carry the training hash, and no path or number of workers', async (t) => {
  await finished;
  const mnist = await datasets.mnist.load();
  const images = trainingImages(firstImages(mnist.train, 640));
  const kept = (file: string) => decodeCheckpoint(readFileSync(file), file).metadata;
  for (const rule of ['bp', 'fa'] as const) {
    const { spec: _, ...metadata } = kept(join(whole, `${rule}.safetensors`));
    const trained = trainingHash(config, rule, images);
    t.same(metadata, { rule, model: 'lenet5', seed: '1', dataset: 'mnist', preset: 'paper', trainingHash: trained });
  }
  const broken = join(t.testdir(), 'broken');
  await t.rejects(run(broken, interruptAfter('BP', 1)));
  const trainingHashOfBp = kept(join(whole, 'bp.safetensors')).trainingHash;
  t.same(kept(join(broken, 'bp.checkpoint.safetensors')), { epochs: '1', trainingHash: trainingHashOfBp });
});

test('a network of another run that lies in the folder is not adopted, and nothing is written', async (t) => {
  await finished;
  const out = join(t.testdir({ run: {} }), 'run');
  const other = configFrom('mnist', { ...small, epochs: '1', seed: '2', attacks: 'fgsm', rules: 'bp' }, 'simd');
  copyFileSync(join(whole, 'bp.safetensors'), join(out, 'bp.safetensors'));
  const before = hash(join(out, 'bp.safetensors'));
  await t.rejects(run(out, {}, other), {
    constructor: UserError,
    message: /run\/bp\.safetensors is not taken for this run's network: .*from another seed.*--out.*--force/,
  });
  t.same(readdirSync(out), ['bp.safetensors']);
  const { results } = await run(out, { force: true }, other);
  t.ok(results.models.bp.trainSeconds > 0, 'forced: it is trained');
  t.equal(hash(join(out, 'bp.kept-1.safetensors')), before, 'and the other one kept');
});

test("the last network's file is looked at before the first one is trained", async (t) => {
  await finished;
  const out = join(t.testdir({ run: {} }), 'run');
  copyFileSync(join(whole, 'fa.safetensors'), join(out, 'fa.safetensors'));
  const log = (line: string) => t.fail(line);
  const during = (title: string) => t.fail(title) as never;
  await t.rejects(run(out, { progress: { log, during } }, { ...config, seed: 2 }), /fa\.safetensors is not taken for/);
});

test('an unfinished run whose config.json was edited does not keep the old weights', async (t) => {
  const out = join(t.testdir(), 'run');
  await t.rejects(run(out, interruptAfter('BP', 1)));
  const edited = { ...config, seed: 2 };
  await t.rejects(run(out, {}, edited), /unfinished run with other options/);
  writeFileSync(join(out, 'config.json'), JSON.stringify(edited));
  await t.rejects(run(out, {}, edited), /bp\.checkpoint\.safetensors is not taken for/);
});

test('a checkpoint whose tensors are not all there, or not finite, is not gone on from', async (t) => {
  const out = join(t.testdir(), 'run');
  await t.rejects(run(out, interruptAfter('BP', 1)));
  const file = join(out, 'bp.checkpoint.safetensors');
  const { metadata, tensors } = decodeCheckpoint(readFileSync(file), file);
  const refused = async (changed: Record<string, CheckpointTensor | undefined>, message: RegExp) => {
    const all = Object.entries({ ...tensors, ...changed }).filter(([, tensor]) => tensor !== undefined);
    writeFileSync(file, encodeCheckpoint({ metadata, tensors: Object.fromEntries(all) as Checkpoint['tensors'] }));
    await t.rejects(run(out), { constructor: UserError, message });
  };
  const [moment = ''] = Object.keys(tensors).filter((name) => name.startsWith('optimizer.'));
  await refused({ [moment]: undefined }, /bp\.checkpoint\.safetensors holds no usable optimizer\./);
  await refused({ [moment]: tensors['fc3.bias'] }, /holds no usable optimizer\./);
  const [length] = tensors[moment].shape;
  await refused(
    { [moment]: { shape: [length], data: new Float32Array(length).fill(Number.NaN) } },
    /optimizer\.\w+ holds NaN/,
  );
  await refused({ 'optimizer.other': tensors[moment] }, /holds a tensor optimizer\.other, which/);
  await refused({ 'fc3.bias': { shape: [10], data: new Float32Array(10).fill(Number.NaN) } }, /fc3\.bias holds NaN/);
  await refused({ 'fc3.bias': undefined }, /holds no tensor fc3\.bias/);
});

test('training that diverges is said so, with the rate', async (t) => {
  const wild = configFrom('mnist', { ...small, optimizer: 'sgd', lr: '1e20', rules: 'bp' }, 'simd');
  await t.rejects(
    run(join(t.testdir(), 'run'), {}, wild),
    /BP: the loss is no finite number.*epoch 1.*lower --lr than/,
  );
});

test('more images than there are, and data that is missing, are errors that name them', async (t) => {
  const greedy = configFrom('mnist', { ...small, trainSize: '70000' }, 'simd');
  await t.rejects(run(join(t.testdir(), 'a'), {}, greedy), /--train-size 70000: mnist has only 60000 images/);
  const missing = configFrom('mnist', { ...small, data: join(t.testdir(), 'nowhere') }, 'simd');
  await t.rejects(run(join(t.testdir(), 'b'), {}, missing), /nowhere/);
});
