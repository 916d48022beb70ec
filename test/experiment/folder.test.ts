import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Test, test } from 'tap';
import { configFrom } from '../../src/commands/options.js';
import { UserError } from '../../src/errors.js';
import { RunFolder } from '../../src/experiment/folder.js';
import { exampleResults } from '../helpers/results-example.js';

const config = configFrom('mnist', {}, 'simd');
const bpOnly = configFrom('mnist', { rules: 'bp' }, 'simd');
const results = JSON.stringify(exampleResults());

/** A folder with these files, each with its own name as contents unless given. */
function setUp(t: Test, names: readonly string[], contents: Record<string, string> = {}) {
  const path = join(t.testdir(), 'run');
  mkdirSync(path);
  for (const name of names) writeFileSync(join(path, name), name);
  for (const [name, text] of Object.entries(contents)) writeFileSync(join(path, name), text);
  const said: string[] = [];
  const open = (force: boolean, next = config) => RunFolder.open(path, next, { force, log: (line) => said.push(line) });
  return { path, said, open, names: () => readdirSync(path).sort() };
}

const finishedFiles = [
  ...['metrics.jsonl', 'results.csv', 'audit.json', 'audit.csv', 'bp.safetensors', 'fa.safetensors'],
  ...['figure-a.svg', 'figure-a.png', 'figure-c.png', 'gallery.json', 'report.html', 'fa.checkpoint.safetensors'],
];
const finished = { 'config.json': JSON.stringify(config), 'results.json': results };
const mine = [
  'best.safetensors',
  'my-bp.safetensors',
  'dfa.safetensors',
  'figure-mine.svg',
  'notes.txt',
  'results.csv.bak',
];

test('--force removes what the old run’s own files name, and nothing that is the user’s', async (t) => {
  const { open, names, said } = setUp(t, [...finishedFiles, ...mine], finished);
  await open(true);
  t.same(names(), [...mine].sort());
  t.same(said, []);
});

test('--force removes no network that the old run did not train; one in the way gets another name', async (t) => {
  const { open, names, said, path } = setUp(t, ['bp.safetensors', 'fa.safetensors', 'fa.kept-1.safetensors'], {
    'config.json': JSON.stringify(bpOnly),
  });
  await open(true, bpOnly);
  t.same(names(), ['fa.kept-1.safetensors', 'fa.safetensors'], 'not in the way of a run of BP alone');
  await open(true);
  t.same(names(), ['fa.kept-1.safetensors', 'fa.kept-2.safetensors']);
  t.equal(readFileSync(join(path, 'fa.kept-2.safetensors'), 'utf8'), 'fa.safetensors');
  t.match(said, [/fa\.safetensors is of no run that is known here: it is called fa\.kept-2\.safetensors now\./]);
});

test('--force keeps a folder that has the name of a run’s file, under another name, and replaces the run', async (t) => {
  const { open, names, said, path } = setUp(t, ['bp.safetensors', 'notes.txt'], finished);
  for (const name of ['report.html', 'fa.safetensors']) {
    mkdirSync(join(path, name));
    writeFileSync(join(path, name, 'mine.txt'), '');
  }
  await open(true);
  t.same(names(), ['fa.kept-1.safetensors', 'notes.txt', 'report.kept-1.html']);
  t.same(readdirSync(join(path, 'report.kept-1.html')), ['mine.txt']);
  t.match(said, [/fa\.kept-1\.safetensors now/, /report\.kept-1\.html now/]);
});

test('without config.json or results.json --force removes nothing', async (t) => {
  const { open, names } = setUp(t, ['bp.safetensors', 'metrics.jsonl', 'notes.txt']);
  await open(true);
  t.same(names(), ['bp.kept-1.safetensors', 'metrics.kept-1.jsonl', 'notes.txt']);
});

test('results.json alone names a run too, but no file outside the folder', async (t) => {
  const outside = {
    ...exampleResults(),
    models: { ...exampleResults().models, '../outside': { cleanAccuracy: 1, trainSeconds: 0 } },
  };
  const { open, names, path } = setUp(t, finishedFiles, { 'results.json': JSON.stringify(outside) });
  writeFileSync(join(path, '..', 'outside.safetensors'), 'mine');
  await open(true);
  t.same(names(), []);
  t.ok(existsSync(join(path, '..', 'outside.safetensors')));
});

test('where config.json or results.json can not be read, --force says so and removes nothing', async (t) => {
  for (const contents of [
    { ...finished, 'config.json': '{' },
    { ...finished, 'config.json': '{"schema":1,"training":{"bp":{}}}' },
    { ...finished, 'config.json': JSON.stringify({ ...config, training: { '../../etc': config.training.bp } }) },
    { ...finished, 'results.json': 'null' },
    { ...finished, 'results.json': '' },
  ]) {
    const { open, names } = setUp(t, [...finishedFiles, ...mine], contents);
    const before = names();
    await t.rejects(open(true), {
      constructor: UserError,
      message:
        /(config|results)\.json[\s\S]*nothing was removed\. Remove that run by hand, or choose another folder with --out\.$/,
    });
    t.same(names(), before);
  }
});

test('a finished run is said to be finished, whatever else is there', async (t) => {
  for (const contents of [finished, { 'results.json': results }, { 'results.json': '' }]) {
    const { open, names } = setUp(t, finishedFiles, contents);
    const before = names();
    await t.rejects(open(false), { constructor: UserError, message: /holds a finished run.*--out.*--force/ });
    t.same(names(), before);
  }
});

test('files of a run without the config.json that says of which are neither taken up nor overwritten', async (t) => {
  const { open, names } = setUp(t, ['metrics.jsonl', 'figure-a.svg', ...mine]);
  const before = names();
  await t.rejects(open(false), {
    constructor: UserError,
    message:
      /run holds figure-a\.svg, metrics\.jsonl, but no config\.json .*--out, or say --force, which keeps it under another name\.$/,
  });
  t.same(names(), before);
});

test('opening writes nothing; an unfinished run of other options is refused', async (t) => {
  const { open, names } = setUp(t, mine);
  const folder = await open(false);
  t.same(names(), [...mine].sort());
  await folder.begin(config);
  await t.resolves(open(false));
  await t.rejects(open(false, bpOnly), {
    constructor: UserError,
    message: /unfinished run with other options.*--config/,
  });
});

test('one at a time works in a folder', async (t) => {
  const path = join(t.testdir(), 'new', 'run');
  await RunFolder.locked(path, async () => {
    t.same(readdirSync(path), ['run.lock']);
    await t.rejects(
      RunFolder.locked(path, async () => {}),
      {
        constructor: UserError,
        message: /new\/run is in use by .*process \d+ on .*Wait for it to end, or choose another folder with --out\.$/,
      },
    );
  });
  t.same(readdirSync(path), []);
});

test('what to do where a folder is in use or in the way names no option that the command lacks', async (t) => {
  const { path, names } = setUp(t, ['metrics.jsonl']);
  const inUse = (other: string | undefined) => RunFolder.locked(path, () => RunFolder.locked(path, async () => {}, { other })); // biome-ignore format: one line
  await t.rejects(inUse('--name'), /Wait for it to end, or choose another folder with --name\.$/);
  await t.rejects(inUse(undefined), /Wait for it to end\.$/);
  await t.rejects(RunFolder.open(path, config, { force: false, forceable: false, log() {} }), {
    constructor: UserError,
    message: `Choose another folder with --out, or remove ${path} to train anew.`,
  });
  t.same(names(), ['metrics.jsonl']);
});
