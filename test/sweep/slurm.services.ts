import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'tap';
import { difference } from '../crash/crash.js';
import { call, cli, finish, smallRun } from '../helpers/command-line.js';
import { noSlurm, startSlurm } from '../helpers/slurm.js';

const small = ['--rules', 'bp', ...smallRun, '--train-size', '2000', '--epochs', '60'];

test('an array of Slurm’s leaves what single runs leave, though tasks are cancelled, requeued and out of time', {
  skip: noSlurm,
  timeout: 600_000,
}, async (t) => {
  const slurm = await startSlurm(t);
  const cwd = t.testdirName;
  const withSlurm = (...args: string[]) => finish(spawn(process.execPath, [cli, ...args], { cwd, env: slurm.env }));
  const command = ['sweep', 'mnist', '--seeds', '1..4', ...small, '--out', 'a sw', '--slurm', '--workers', '1'];
  const logs = () =>
    readdirSync(join(cwd, 'a sw/slurm'))
      .filter((name) => name.endsWith('.log'))
      .map((name) => `${name}\n${readFileSync(join(cwd, 'a sw/slurm', name), 'utf8')}`)
      .join('\n');
  const until = async (condition: () => boolean | Promise<boolean>) => {
    for (let tries = 0; !(await condition()); tries++) {
      if (tries > 1500) throw new Error(`it did not come to pass:\n${await slurm.ask('squeue')}\n${logs()}`);
      await sleep(200);
    }
  };
  const first = await withSlurm(...command);
  t.equal(first.code, 0, first.stderr);
  const id = /Submitted as (\d+);/.exec(first.stdout)?.[1] as string;
  t.ok(id, first.stdout);

  const epochs = (number: number) =>
    logs().includes(`run-${number}.log`) && /epoch 1\/60/.test(logs().split(`run-${number}.log`)[1].split('.log')[0]);
  await until(() => epochs(0) && epochs(1));
  const early = await withSlurm(...command);
  t.equal(early.code, 2);
  t.match(early.stderr, new RegExp(`Job ${id} of Slurm still works on a sw`));
  await slurm.ask('scancel', `${id}_3`); // while it waits
  await slurm.ask('scancel', '--signal=USR1', '--batch', `${id}_0`); // as Slurm does before the time limit
  await slurm.ask('scontrol', 'requeue', `${id}_1`);
  await until(async () => (await slurm.ask('squeue', '--noheader')).trim() === '');
  const some = await withSlurm('sweep', 'collect', 'a sw');
  t.equal(some.code, 1, logs());
  t.match(some.stdout, /3 of 4 runs are finished, in a sw\.\nmnist-4-\w+: to do/);

  const second = await withSlurm(...command);
  t.equal(second.code, 0, second.stderr);
  t.match(second.stdout, /array-1\.sh: 1 run\n/);
  await until(async () => (await slurm.ask('squeue', '--noheader')).trim() === '');
  const all = await withSlurm('sweep', 'collect', 'a sw');
  t.equal(all.code, 0, logs());
  t.match(all.stdout, /4 of 4 runs are finished/);
  for (const name of readdirSync(join(cwd, 'a sw')).filter((each) => /^mnist-\d-/.test(each))) {
    const out = join('plain', name);
    const single = await call(['mnist', '--seed', name.split('-')[1], ...small, '--out', out], cwd);
    t.equal(single.code, 0, single.stderr);
    t.equal(difference(join(cwd, out), join(cwd, 'a sw', name)), undefined, name);
  }
});
