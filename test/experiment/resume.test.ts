import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Test, test } from 'tap';
import { configFrom } from '../../src/commands/options.js';
import { UserError } from '../../src/errors.js';
import { RunFolder } from '../../src/experiment/folder.js';
import { type EpochMetrics, formatMetrics } from '../../src/experiment/metrics.js';
import { findLeft } from '../../src/experiment/resume.js';
import { earlierTraining, trainingHash } from '../../src/experiment/training-hash.js';
import { encodeCheckpoint } from '../../src/models/safetensors.js';

const config = configFrom('mnist', {}, 'simd');
const EPOCHS = 8;
const HASH = '0123456789abcdef'.repeat(4);
const other = HASH.replace('0', 'f');
const tensors = { a: { shape: [2], data: Float32Array.of(1, 2) } };

const metrics = (epochs: number, rule = 'bp') =>
  Array.from({ length: epochs }, (_, i): EpochMetrics => {
    const accuracies = { trainAccuracy: 0.9, testAccuracy: 0.9 };
    return {
      rule,
      epoch: i + 1,
      loss: 1,
      ...accuracies,
      learningRate: 1,
      seconds: 1,
      gradientAngles: {},
      weightAngles: {},
    };
  });

/** A run's folder with this in bp.safetensors and bp.checkpoint.safetensors, and what is found there. */
async function setUp(
  t: Test,
  files: { network?: Record<string, string>; checkpoint?: Record<string, string>; epochs?: number },
) {
  const path = t.testdir({ 'config.json': JSON.stringify(config) });
  const lines = [...metrics(files.epochs ?? EPOCHS), ...metrics(EPOCHS, 'fa')];
  writeFileSync(join(path, 'metrics.jsonl'), formatMetrics(lines));
  const put = (name: string, metadata: Record<string, string> | undefined) => {
    if (metadata) writeFileSync(join(path, name), encodeCheckpoint({ tensors, metadata }));
  };
  put('bp.safetensors', files.network);
  put('bp.checkpoint.safetensors', files.checkpoint);
  const folder = await RunFolder.open(path, config, { force: false, log() {} });
  return { path, find: () => findLeft(folder, 'bp', HASH, EPOCHS) };
}

test('the finished network is taken up, else the checkpoint, else nothing', async (t) => {
  const network = { trainingHash: HASH };
  const checkpoint = { trainingHash: HASH, epochs: '3' };
  const both = await (await setUp(t, { network, checkpoint })).find();
  t.match(both, { epochs: EPOCHS, finished: true, file: /bp\.safetensors$/ });
  t.same(both?.tensors, tensors);
  const unfinished = await (await setUp(t, { checkpoint, epochs: 3 })).find();
  t.match(unfinished, { epochs: 3, finished: false, file: /bp\.checkpoint\.safetensors$/ });
  t.match(
    await (await setUp(t, { checkpoint, epochs: 4 })).find(),
    { epochs: 3 },
    'broken off between metrics and checkpoint',
  );
  t.equal(await (await setUp(t, { epochs: 0 })).find(), undefined);
});

/** Refused with a message, and left as it was. */
async function refused(t: Test, files: Parameters<typeof setUp>[1], name: string, message: RegExp) {
  const { path, find } = await setUp(t, files);
  const before = readFileSync(join(path, name));
  await t.rejects(find(), { constructor: UserError, message });
  await t.rejects(find(), { message: new RegExp(`${name.replaceAll('.', '\\.')} .*--out, or say --force`) });
  t.ok(before.equals(readFileSync(join(path, name))));
}

test('a network or checkpoint of another hash, or of none, is not taken up, and stays', async (t) => {
  const why =
    /its training hash f123456789ab… is not this run's 0123456789ab…: it was trained on other data, with other settings or from another seed/;
  await refused(t, { network: { trainingHash: other } }, 'bp.safetensors', why);
  await refused(t, { network: { trainingHash: '' } }, 'bp.safetensors', /its training hash … is not this run's/);
  await refused(
    t,
    { network: { seed: '1', rule: 'bp' } },
    'bp.safetensors',
    /carries no training hash \(those of earlier versions have none\)/,
  );
  await refused(t, { checkpoint: { trainingHash: other, epochs: '3' } }, 'bp.checkpoint.safetensors', why);
  await refused(t, { checkpoint: { epochs: '3' } }, 'bp.checkpoint.safetensors', /carries no training hash/);
  const beside = { network: { trainingHash: HASH }, checkpoint: { trainingHash: other, epochs: '3' } };
  await refused(t, beside, 'bp.checkpoint.safetensors', why);
});

test('a brsf network that an earlier version trained under truncated-normal is not continued, for that reason', async (t) => {
  const settings = configFrom('mnist', { rules: 'bp,brsf', initializer: 'truncated-normal' }, 'simd');
  const images = { sha256: 'ab'.repeat(32), count: 60_000 };
  const earlier = earlierTraining(settings, 'brsf', images);
  for (const name of ['brsf.safetensors', 'brsf.checkpoint.safetensors']) {
    const path = t.testdir({ 'config.json': JSON.stringify(settings) });
    const metadata = { trainingHash: earlier?.hash ?? '', epochs: '3' };
    writeFileSync(join(path, 'metrics.jsonl'), formatMetrics(metrics(EPOCHS, 'brsf')));
    writeFileSync(join(path, name), encodeCheckpoint({ tensors, metadata }));
    const folder = await RunFolder.open(path, settings, { force: false, log() {} });
    const hash = trainingHash(settings, 'brsf', images);
    const message = new RegExp(
      `${name.replaceAll('.', '\\.')} is not continued: an earlier version trained it\\. That version redrew brSF's magnitudes from kaiming-uniform, whatever the initializer; this version redraws them from truncated-normal, the run's initializer\\. It is left as it is; choose another folder with --out, or say --force`,
    );
    await t.rejects(findLeft(folder, 'brsf', hash, EPOCHS, earlier), { constructor: UserError, message });
  }
});

test('a checkpoint says how many epochs it has had, no more than the plan has', async (t) => {
  const of = (epochs?: string) => ({ checkpoint: { trainingHash: HASH, ...(epochs === undefined ? {} : { epochs }) } });
  await refused(
    t,
    of(),
    'bp.checkpoint.safetensors',
    /does not say how many epochs it has had: a whole number from 1 to 8/,
  );
  for (const epochs of ['x', '', '0', '9', '-1', '1.5', '1e0', ' 3', '0x3', '9'.repeat(400)]) {
    await refused(t, of(epochs), 'bp.checkpoint.safetensors', /says ".*" how many epochs it has had/);
  }
  t.match(await (await setUp(t, of('8'))).find(), { epochs: 8, finished: false });
});

test('a network whose epochs metrics.jsonl does not tell of is not taken up', async (t) => {
  const network = { trainingHash: HASH };
  await refused(
    t,
    { network, epochs: 7 },
    'bp.safetensors',
    /has been trained for 8 epochs, of which .*metrics\.jsonl tells 7/,
  );
  await refused(
    t,
    { checkpoint: { ...network, epochs: '3' }, epochs: 2 },
    'bp.checkpoint.safetensors',
    /for 3 epochs, of which/,
  );
});

test('a damaged file is named, with what to do', async (t) => {
  const { path, find } = await setUp(t, { network: { trainingHash: HASH } });
  writeFileSync(join(path, 'bp.safetensors'), 'damaged');
  await t.rejects(find(), {
    constructor: UserError,
    message:
      /bp\.safetensors is not a usable safetensors file: .* It is left as it is; choose another folder with --out, or say --force/,
  });
});
