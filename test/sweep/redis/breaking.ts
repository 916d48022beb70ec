/** A sweep through Redis while everything about it is broken: it must end as plain runs do. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { Test } from 'tap';
import { PREFIX, QUEUE } from '../../../src/sweep/redis/job.js';
import { stream } from '../../../src/tensor/random.js';
import { difference } from '../../crash/crash.js';
import { call, cli, finish, smallRun } from '../../helpers/command-line.js';
import { startRedis } from '../../helpers/redis.js';

const RUNS = 12;
const WORKERS = 3;
/** Seconds between two kills of a worker, on average. */
const KILL_EVERY = 20;
/** How often a worker is killed at most: then all may go on to their end. */
const MOST_KILLS = 5;

const small = [...smallRun, '--train-size', '1000', '--epochs', '3'];

/**
 * Twelve small runs and three workers, one of which is killed every twenty seconds; Redis is killed and begun again
 * once, and so is the coordinator.
 */
export async function breakSweep(t: Test, seed: number): Promise<void> {
  t.comment(`seed ${seed}`);
  const random = stream(seed);
  const redis = await startRedis(t);
  const cwd = t.testdirName;
  const [command, ...options] = [
    'sweep',
    'mnist',
    '--seeds',
    `1..${RUNS}`,
    ...small,
    '--out',
    'sw',
    '--redis',
    redis.address,
  ];
  const coordinator = () => spawn(process.execPath, [cli, command, ...options], { cwd });
  const workers: ChildProcess[] = [];
  const startWorker = (index: number) => {
    const args = [cli, 'work', '--redis', redis.address, '--jobs', '1', '--workers', '1'];
    workers[index] = spawn(process.execPath, args, { cwd, stdio: 'ignore' });
  };
  t.teardown(() => {
    for (const child of workers) child.kill('SIGKILL');
  });
  for (let index = 0; index < WORKERS; index++) startWorker(index);

  let ended = false;
  let first: ChildProcess | undefined = coordinator();
  const broken = (async () => {
    const [killCoordinator, restartRedis] = [1, 2];
    for (let kill = 0; kill < MOST_KILLS && !ended; kill++) {
      await sleep(2000 * KILL_EVERY * random.uniform());
      if (ended) return;
      const victim = Math.floor(random.uniform() * WORKERS);
      workers[victim].kill('SIGKILL');
      startWorker(victim);
      t.comment(`worker ${victim} was killed`);
      if (kill === killCoordinator) {
        first?.kill('SIGKILL');
        t.comment('the coordinator was killed');
      }
      if (kill === restartRedis) {
        await redis.restart(1000 + 5000 * random.uniform());
        t.comment('Redis was killed and begun again');
      }
    }
  })();
  let end = await finish(first);
  // Killed itself, or begun anew while Redis was away.
  const again = () => end.code === null || /Can't reach Redis/.test(end.stderr);
  for (first = undefined; again(); ) end = await finish(coordinator());
  ended = true;
  t.equal(end.code, 0, end.stderr);
  await broken;
  t.match(end.stdout, new RegExp(`${RUNS} of ${RUNS} runs are finished`));
  const names = readdirSync(join(cwd, 'sw')).filter((name) => /^mnist-\d+-/.test(name));
  t.equal(names.length, RUNS);
  const completed = await completions(redis.client);
  t.equal(completed.size, RUNS);
  for (const [id, times] of completed) t.ok(times <= 2, `${id} was completed ${times} times`);
  for (const name of names) {
    const out = join('plain', name);
    const single = await call(['mnist', '--seed', name.split('-')[1], ...small, '--out', out], cwd);
    t.equal(single.code, 0, single.stderr);
    t.equal(difference(join(cwd, out), join(cwd, 'sw', name)), undefined, name);
  }
  t.equal(await redis.client.llen(`${PREFIX}:${QUEUE}:active`), 0);
}

/** How often the queue was told that a run is completed, by the ids of the jobs: the queue itself keeps account. */
async function completions(redis: Redis): Promise<Map<string, number>> {
  const times = new Map<string, number>();
  for (const [, fields] of await redis.xrange(`${PREFIX}:${QUEUE}:events`, '-', '+')) {
    const field = (name: string) => fields[fields.indexOf(name) + 1];
    if (field('event') === 'completed') times.set(field('jobId'), (times.get(field('jobId')) ?? 0) + 1);
  }
  return times;
}
