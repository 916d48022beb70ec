import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decode } from 'fast-png';
import { test } from 'tap';
import { UserError } from '../../../src/errors.js';
import { writeFigures, writeResults } from '../../../src/report/run/files.js';
import { parseResults } from '../../../src/report/run/results.js';
import { exampleResults } from '../../helpers/results-example.js';

test('written results read back exactly as they were', async (t) => {
  const folder = t.testdir();
  const results = exampleResults({ epsilons: [0, 0.1 + 0.2, 1 / 3] });
  t.same(await writeResults(results, folder), ['results.json', 'results.csv']);
  t.same((await readdir(folder)).sort(), ['results.csv', 'results.json'], 'no temporary file is left');
  const file = join(folder, 'results.json');
  t.same(parseResults(await readFile(file, 'utf8'), file), results);
  t.match(await readFile(join(folder, 'results.csv'), 'utf8'), /,0\.30000000000000004,/);
});

test('results.json is the last to be written, so that a run which has one lacks nothing', async (t) => {
  const folder = t.testdir({ 'results.csv': {} });
  await t.rejects(writeResults(exampleResults(), folder));
  t.notOk((await readdir(folder)).includes('results.json'));
});

test('results that would not read back are not written at all', async (t) => {
  const folder = t.testdir();
  const models = { bp: { cleanAccuracy: Number.NaN, trainSeconds: 1 }, fa: { cleanAccuracy: 1, trainSeconds: 1 } };
  await t.rejects(writeResults({ ...exampleResults(), models }, folder), UserError);
  t.same(await readdir(folder), []);
});

test('both figures are written as SVG and PNG, and their names returned', async (t) => {
  const folder = t.testdir();
  const names = ['figure-a.svg', 'figure-a.png', 'figure-b.svg', 'figure-b.png'];
  t.same(await writeFigures(exampleResults(), [], folder), names);
  t.same((await readdir(folder)).sort(), [...names].sort());
  t.match(await readFile(join(folder, 'figure-b.svg'), 'utf8'), /^<svg .*transferability/);
  t.ok(decode(await readFile(join(folder, 'figure-b.png'))).width >= 1400);
});

test('a run of one network writes no figure (b), and takes away that of an earlier run', async (t) => {
  const folder = t.testdir({ 'figure-b.svg': 'old', 'figure-b.png': 'old' });
  const results = exampleResults({ networks: ['fa'] });
  t.same(await writeFigures(results, [], folder), ['figure-a.svg', 'figure-a.png']);
  t.same((await readdir(folder)).sort(), ['figure-a.png', 'figure-a.svg']);
});
