import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'tap';
import { configFrom } from '../../src/commands/options.js';
import { UserError } from '../../src/errors.js';
import { metricsGap, readRun, runConfig } from '../../src/experiment/run-files.js';
import { exampleAudit } from '../helpers/audit-example.js';
import { exampleGallery } from '../helpers/gallery-example.js';
import { exampleResults } from '../helpers/results-example.js';

const config = configFrom('mnist', { seed: '7' }, 'simd');
const whole = { config, results: exampleResults(), audit: exampleAudit, gallery: exampleGallery };
type Name = keyof typeof whole;
const names = Object.keys(whole) as Name[];
const files = (changes: Partial<Record<Name, object>> = {}) =>
  Object.fromEntries(Object.entries({ ...whole, ...changes }).map(([name, data]) => [`${name}.json`, JSON.stringify(data)])); // biome-ignore format: one line

test('files that are there are read, others are undefined', async (t) => {
  t.match(await readRun(t.testdir(files()), names), whole);
  t.same(await readRun(t.testdir({}), ['results', 'metrics']), { results: undefined, metrics: undefined });
});

test('each file of another schema is refused in the same words', async (t) => {
  for (const name of names) {
    for (const schema of [99, 0, '1', null]) {
      const folder = t.testdir(files({ [name]: { ...whole[name], schema } }));
      await t.rejects(readRun(folder, names), {
        constructor: UserError,
        message: `${join(folder, name)}.json has schema ${JSON.stringify(schema)}; this version reads schema 1. `,
      });
    }
  }
});

test('files of different runs are not read together', async (t) => {
  const { bp } = exampleAudit.models;
  for (const [changes, message] of [
    [{ results: { ...whole.results, seed: 8 } }, /results\.json is of mnist, seed 8, and config\.json beside it of mnist, seed 7: they are not of one run\./], // biome-ignore format: one line
    [{ audit: { ...whole.audit, dataset: 'cifar10' } }, /audit\.json is of cifar10, seed 7, and results\.json beside it of mnist/], // biome-ignore format: one line
    [
      { audit: { ...whole.audit, models: { bp } } },
      /audit\.json has no network fa, which results\.json beside it names\./,
    ],
    [{ audit: { ...whole.audit, models: { ...whole.audit.models, kp: bp } } }, /audit\.json has a network kp, which results\.json beside it does not name\./], // biome-ignore format: one line
  ] as const) {
    await t.rejects(readRun(t.testdir(files(changes)), names), { constructor: UserError, message });
  }
  const folder = t.testdir(files({ audit: { ...whole.audit, models: { bp } } }));
  await t.rejects(
    readRun(folder, ['config', 'audit']),
    /audit\.json has no network fa, which config\.json beside it names/,
  );
  await t.resolves(readRun(folder, ['config', 'results']), 'what is not read is not held against the rest');
});

test('what is no folder of a run is called by what it is', async (t) => {
  const folder = t.testdir({ file: '' });
  const message = (text: string) => new UserError(text);
  const give = 'Give the folder of a run, such as out/mnist-1.';
  await t.rejects(runConfig(join(folder, 'none')), message(`${folder}/none does not exist. ${give}`));
  await t.rejects(runConfig(join(folder, 'file')), message(`${folder}/file is a file. ${give}`));
  await t.rejects(runConfig(''), /The folder of a run is empty/);
  await t.rejects(runConfig(folder), message(`${folder} holds no run: there is no config.json. Give a folder that the main job has written.`)); // biome-ignore format: one line
});

test('epochs that metrics.jsonl lacks are told; a last line that is cut off is none', async (t) => {
  const few = configFrom('mnist', { epochs: '2' }, 'simd');
  const line = { loss: 1, trainAccuracy: 0.5, testAccuracy: 0.5, learningRate: 0.1, seconds: 1, gradientAngles: {} };
  const lines = ['bp', 'fa'].flatMap((rule) => [1, 2].map((epoch) => JSON.stringify({ rule, epoch, ...line })));
  const folder = t.testdir({});
  const gapOf = async (text: string) => {
    writeFileSync(join(folder, 'metrics.jsonl'), text);
    const { metrics } = await readRun(folder, ['metrics']);
    return metricsGap('m', { config: few, metrics });
  };
  const text = `${lines.join('\n')}\n`;
  t.equal(await gapOf(text), undefined);
  t.equal(await gapOf(text.trimEnd()), undefined, 'only the line break is missing');
  t.equal(await gapOf(text.slice(0, -9)), 'm has 1 of the 2 epochs of fa.');
  t.equal(await gapOf(text.slice(0, lines[0].length + 20)), 'm has 1 of the 2 epochs of bp.');
  t.equal(await gapOf(''), 'm has 0 of the 2 epochs of bp.');
  await t.rejects(gapOf(`${lines[0]}\n${lines[1].slice(9)}\n${lines[2]}`), /metrics\.jsonl, line 2, is not JSON .*training curves\.$/); // biome-ignore format: one line
});
