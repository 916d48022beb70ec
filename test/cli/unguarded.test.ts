import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'tap';
import { cli, finish, shell, smallRun } from '../helpers/command-line.js';

const notLinux = process.platform === 'linux' ? false : 'ulimit -v limits nothing elsewhere';
const limitedTo = (gigabytes: number) => `ulimit -v ${gigabytes * 2 ** 20}`;
const run = `$run mnist ${smallRun.join(' ')}`;

test('where the address space is limited, a run needs no more than 2 GB of it, and its numbers are the same', {
  skip: notLinux,
}, async (t) => {
  const cwd = t.testdir();
  const free = await shell(`${run} --workers 2 --out free`, cwd);
  t.equal(free.code, 0, free.stderr);
  const limited = await shell(`${limitedTo(2)}; ${run} --workers 2 --out limited`, cwd);
  t.equal(limited.code, 0, limited.stderr);
  for (const name of ['bp.safetensors', 'fa.safetensors', 'results.csv']) {
    t.same(readFileSync(join(cwd, 'limited', name)), readFileSync(join(cwd, 'free', name)), name);
  }
});

test('where it is too small, a sentence says the limit, what is needed and what to do; nothing is written', {
  skip: notLinux,
}, async (t) => {
  const cwd = t.testdir();
  const refused = async (gigabytes: number, workers: number, message: RegExp) => {
    const { code, stdout, stderr } = await shell(`${limitedTo(gigabytes)}; ${run} --workers ${workers} --out out`, cwd);
    t.equal(code, 2);
    t.match(stderr.trimEnd(), message);
    t.equal(stderr.trimEnd().split('\n').length, 1, 'one line');
    t.equal(stdout, '');
    t.same(existsSync(join(cwd, 'out')) ? readdirSync(join(cwd, 'out')) : [], []);
  };
  await refused(1, 1, /^The address space .* limited to 1\.1\sGB \(ulimit -v\); a run needs 1\.8\sGB at least\. Raise/);
  await refused(
    4,
    100,
    /^100 workers need about \d+\.\d\sGB more .* limited to 4\.3\sGB \(ulimit -v\); .* of it are free\. Raise the limit, .* Try --workers \d+\.$/,
  );
});

test('a program of one’s own is told which option Node is to be started with', { skip: notLinux }, async (t) => {
  const cwd = t.testdir();
  const heap = new URL('../../src/tensor/heap.js', import.meta.url).href;
  const node = (...options: string[]) =>
    shell(
      `${limitedTo(4)}; node ${options.join(' ')} --input-type=module -e "import { Heap } from '${heap}'; const heap = new Heap(); heap.float32(1e8); console.log('well')"`,
      cwd,
    );
  const { code, stderr } = await node();
  t.equal(code, 1);
  t.match(
    stderr,
    /RangeError: heap: .* limited to 4\.3\sGB .*reserves 10\.5\sGB.* --disable-wasm-trap-handler\. Raise/,
  );
  t.equal((await node('--disable-wasm-trap-handler')).stdout, 'well\n');
});

test('a signal to a program with a limited address space ends its work too', { skip: notLinux }, async (t) => {
  const cwd = t.testdir();
  const line = `${limitedTo(4)}; exec ${process.execPath} ${cli} mnist --epochs 500 --train-size 640 --out out`;
  const child = spawn('bash', ['-c', line], { cwd });
  const ended = finish(child);
  while (!existsSync(join(cwd, 'out', 'metrics.jsonl'))) await sleep(50);
  const [worker] = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').split(' ');
  t.ok(existsSync(`/proc/${worker}`));
  child.kill('SIGTERM');
  const { code, stderr } = await ended;
  t.equal(code, 130, stderr);
  t.match(stderr, /Interrupted\. What was finished is in out; the same command goes on from there\./);
  t.notOk(existsSync(`/proc/${worker}`));
});
