/* The benchmarks that a release quotes, in their short form: that they come to their end, and what they leave. */

import { spawn } from 'node:child_process';
import { readFile, symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'tap';
import { finish } from '../helpers/command-line.js';
import { noRedis } from '../helpers/redis.js';

const bench = (name: string) => fileURLToPath(new URL(`../../bench/${name}.js`, import.meta.url));
const run = (cwd: string, name: string, ...parameters: string[]) =>
  finish(spawn(process.execPath, [bench(name), ...parameters], { cwd }));

/** Paths of the numbers in an answer that are none. */
function unusable(value: unknown, path: string): string[] {
  if (typeof value === 'number') return Number.isFinite(value) ? [] : [path];
  if (value === null) return [path];
  return typeof value === 'object'
    ? Object.entries(value).flatMap(([name, each]) => unusable(each, `${path}.${name}`))
    : [];
}

test('npm run bench -- --quick measures every part', async (t) => {
  const folder = t.testdir({});
  await symlink(resolve('data'), join(folder, 'data'));
  const { code, stdout, stderr } = await run(folder, 'run', '--quick');
  t.equal(code, 0, stderr);
  const written = JSON.parse(await readFile(join(folder, 'out/bench.json'), 'utf8'));
  for (const part of ['memory', 'kernels', 'epochs', 'attacks', 'steps', 'scaling']) t.ok(part in written, part);
  t.same(unusable(written, 'bench'), [], 'every number is one');
  for (const rule of ['bp', 'drtp', 'wm'])
    t.ok(
      written.epochs.some((epoch: { rule: string }) => epoch.rule === rule),
      rule,
    );
  t.match(stdout, /All numbers are in out\/bench\.json\./);
});

test('npm run bench:sweep -- --jobs 200', { skip: noRedis }, async (t) => {
  const { code, stdout, stderr } = await run(t.testdir({}), 'sweep', '--jobs', '200');
  t.equal(code, 0, stderr);
  t.match(stdout, /200 jobs added in [\d.]+ s, Redis holds/);
});

test('npm run bench:sweep -- --runs 1', { skip: noRedis }, async (t) => {
  const { code, stdout, stderr } = await run(t.testdir({}), 'sweep', '--runs', '1');
  t.equal(code, 0, stderr);
  t.match(stdout, /A sweep is [\d.]+ × as fast; the queue takes -?[\d.]+\u00a0% more/);
});
