import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'tap';
import { stream } from '../../src/tensor/random.js';
import { difference } from '../crash/crash.js';
import { call, cli, finish, smallRun } from '../helpers/command-line.js';

const small = [...smallRun, '--epochs', '3', '--train-size', '1000'];

/** How often the sweep is killed; then it may go on to its end. */
const KILLS = 6;

test('a sweep that is killed and begun again ends as single runs do, and leaves no process and no lock', {
  timeout: 600_000,
}, async (t) => {
  const cwd = t.testdir();
  const seed = Date.now() % 2 ** 31;
  t.comment(`seed ${seed}`);
  const random = stream(seed);
  const command = ['sweep', 'mnist', '--seeds', '1..4', ...small, '--out', 'sw', '--jobs', '2'];
  for (let kill = 0; kill < KILLS; kill++) {
    const child = spawn(process.execPath, [cli, ...command], { cwd });
    const signal = kill % 2 === 0 ? 'SIGKILL' : 'SIGTERM';
    const timer = setTimeout(() => child.kill(signal), 1000 + 8000 * random.uniform());
    const { code, stderr } = await finish(child);
    clearTimeout(timer);
    if (code === 0) break;
    t.equal(code, signal === 'SIGKILL' ? null : 130, stderr);
  }
  const { code, stdout, stderr } = await call(command, cwd);
  t.equal(code, 0, stderr);
  t.match(stdout, /4 of 4 runs are finished/);
  const runs = readdirSync(join(cwd, 'sw')).filter((name) => /^mnist-\d-/.test(name));
  t.equal(runs.length, 4);
  for (const name of runs) {
    const out = join('plain', name);
    const single = await call(['mnist', '--seed', name.split('-')[1], ...small, '--out', out], cwd);
    t.equal(single.code, 0, single.stderr);
    t.equal(difference(join(cwd, out), join(cwd, 'sw', name)), undefined, name);
  }
});

test('Ctrl-C, which comes to a sweep and to its children, leaves no lock and no half-written file', {
  timeout: 120_000,
}, async (t) => {
  const cwd = t.testdir();
  const command = ['sweep', 'mnist', '--seeds', '1..3', '--train-size', '1000', '--epochs', '500', '--no-audit'];
  const options = { cwd, detached: true }; // a process group of its own, as of a terminal
  const child = spawn(process.execPath, [cli, ...command, '--jobs', '2', '--out', 'sw'], options);
  const files = () => readdirSync(join(cwd, 'sw'), { recursive: true, encoding: 'utf8' });
  const named = (end: string) => (existsSync(join(cwd, 'sw')) ? files().filter((name) => name.endsWith(end)) : []);
  for (let waited = 0; named('.checkpoint.safetensors').length < 2; waited++) {
    if (waited > 300) throw new Error(`the runs did not begin: ${named('').join(', ')}`);
    await sleep(100);
  }
  process.kill(-(child.pid as number), 'SIGINT');
  const { code, stderr } = await finish(child);
  t.equal(code, 130, stderr);
  t.match(stderr, /the same command goes on from there/);
  t.notMatch(stderr, /failed/);
  t.same(named('run.lock'), []);
  t.same(
    files().filter((name) => /\.tmp$/.test(name)),
    [],
  );
});

test('the children of a killed sweep end by themselves, and give their locks back', { timeout: 120_000 }, async (t) => {
  const cwd = t.testdir();
  const command = ['sweep', 'mnist', '--seeds', '1,2', '--train-size', '1000', '--epochs', '500', '--no-audit'];
  const child = spawn(process.execPath, [cli, ...command, '--jobs', '2', '--out', 'sw'], { cwd });
  const begun = () => readdirSync(join(cwd, 'sw'), { recursive: true, encoding: 'utf8' });
  await sleep(1000);
  for (let waited = 0; begun().filter((name) => name.endsWith('run.lock')).length < 2; waited++) {
    if (waited > 300) throw new Error(`the runs did not begin: ${begun().join(', ')}`);
    await sleep(100);
  }
  child.kill('SIGKILL');
  await finish(child).catch(() => {});
  for (let waited = 0; begun().some((name) => name.endsWith('run.lock')); waited++) {
    if (waited > 100) t.fail(`locks after ten seconds: ${begun().join(', ')}`);
    if (waited > 100) break;
    await sleep(100);
  }
  t.notOk(begun().some((name) => name.endsWith('run.lock')));
});
