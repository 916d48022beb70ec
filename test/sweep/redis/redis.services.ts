import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Queue } from 'bullmq';
import { type Test, test } from 'tap';
import { parsePlan } from '../../../src/sweep/plan.js';
import { formatJob, jobId, keys, PREFIX, QUEUE } from '../../../src/sweep/redis/job.js';
import { difference } from '../../crash/crash.js';
import { call, cli, type Finished, finish, smallRun } from '../../helpers/command-line.js';
import { noRedis, startEncryptedRedis, startRedis, type TestRedis } from '../../helpers/redis.js';

const small = ['--rules', 'bp', ...smallRun];
const withRedis = { skip: noRedis, timeout: 300_000 };

/** A worker that lasts as long as the test. */
function startWorker(t: Test, { address }: TestRedis, ...options: string[]) {
  const child = spawn(process.execPath, [cli, 'work', '--redis', address, ...options], { cwd: t.testdirName });
  let said = '';
  child.stderr.on('data', (data) => {
    said += data;
  });
  t.teardown(() => void child.kill('SIGKILL'));
  return {
    child,
    said: () => said,
    shows: (pattern: RegExp) =>
      until(
        () => pattern.test(said),
        () => said,
      ),
  };
}

async function until(condition: () => boolean | Promise<boolean>, told: () => string, seconds = 120): Promise<void> {
  for (const end = Date.now() + 1000 * seconds; !(await condition()); await sleep(100)) {
    if (Date.now() > end) throw new Error(`it did not come to pass:\n${told()}`);
  }
}

/** A sweep that ends with the test at the latest: without its Redis it would wait for ever. */
function sweep(t: Test, cwd: string, { address }: TestRedis, ...options: string[]): Promise<Finished> {
  const args = [cli, 'sweep', 'mnist', ...small, '--out', 'sw', '--redis', address, ...options];
  const child = spawn(process.execPath, args, { cwd });
  t.teardown(() => void child.kill('SIGKILL'));
  return finish(child);
}

/** The runs of a sweep, as its dry run plans them. */
async function planned(cwd: string, ...options: string[]) {
  const child = spawn(process.execPath, [cli, 'sweep', 'mnist', ...small, '--out', 'sw', ...options], { cwd });
  const ended = finish(child);
  await until(
    () => existsSync(join(cwd, 'sw/plan.json')),
    () => 'no plan',
  );
  child.kill('SIGKILL');
  await ended;
  await sleep(2000); // its children end by themselves
  return parsePlan(readFileSync(join(cwd, 'sw/plan.json'), 'utf8'), 'plan.json').runs;
}

/** Every run of the sweep against a plain run of its own. */
async function checkRuns(t: Test, cwd: string, names: readonly string[], options: readonly string[] = small) {
  for (const name of names) {
    const out = join('plain', name);
    const single = await call(['mnist', '--seed', name.split('-')[1], ...options, '--out', out], cwd);
    t.equal(single.code, 0, single.stderr);
    t.equal(difference(join(cwd, out), join(cwd, 'sw', name)), undefined, name);
  }
}

const runsIn = (cwd: string) => readdirSync(join(cwd, 'sw')).filter((name) => /^mnist-\d+-[0-9a-f]{12}$/.test(name));

test(
  'a sweep through Redis leaves what single runs leave; coordinator and worker need not meet',
  withRedis,
  async (t) => {
    const redis = await startRedis(t);
    const cwd = t.testdirName;
    // The coordinator puts the plan there and goes.
    const first = spawn(
      process.execPath,
      [cli, 'sweep', 'mnist', ...small, '--seeds', '1,2', '--out', 'sw', '--redis', redis.address],
      { cwd },
    );
    const left = finish(first);
    await until(
      async () => (await redis.client.llen(`${PREFIX}:${QUEUE}:wait`)) === 2,
      () => 'nothing waits',
    );
    first.kill('SIGINT');
    const { code, stderr } = await left;
    t.equal(code, 130);
    t.match(stderr, /The others go on without this machine; `sweep cancel sweep-mnist-\w+` ends them/);
    const status = await call(['sweep', 'status', '--redis', redis.address], cwd);
    t.match(status.stdout, /sweep-mnist-\w+ +│ 0\.1\.0 +│ +2 │ +2 │/);

    // A worker does it and goes.
    const worker = startWorker(t, redis, '--jobs', '2');
    await until(async () => (await redis.client.zcard(`${PREFIX}:${QUEUE}:completed`)) === 2, worker.said);
    worker.child.kill('SIGINT');
    await worker.shows(/Interrupted/);

    // The coordinator comes back and collects.
    const second = await sweep(t, cwd, redis, '--seeds', '1,2');
    t.equal(second.code, 0, second.stderr);
    t.equal(runsIn(cwd).length, 2);
    t.same(
      (await redis.client.keys('*mnist*')).filter((key) => !key.includes('events')),
      [],
      'and leaves nothing there',
    );
    await checkRuns(t, cwd, runsIn(cwd));
    const third = await sweep(t, cwd, redis, '--seeds', '1,2');
    t.match(third.stderr, /2 runs in sw: 2 finished/);
  },
);

test('jobs that nobody would ask for are refused, each with its reason, and do no harm', withRedis, async (t) => {
  const redis = await startRedis(t);
  const cwd = t.testdirName;
  const [run] = await planned(cwd);
  const job = JSON.parse(JSON.stringify(formatJob({ run, data: null })));
  const queue = new Queue(QUEUE, { connection: redis.client, prefix: PREFIX });
  const config = (more: object) => ({ ...job, run: { ...job.run, config: { ...job.run.config, ...more } } });
  const bad = {
    path: [{ ...job, run: { ...job.run, name: '../../../escaped' } }, /name/],
    unknown: [{ ...job, run: { ...job.run, exec: 'rm' } }, /exec/],
    data: [config({ data: '/etc' }), /names a path for its data/],
    version: [{ ...job, version: '9.9.9' }, /9\.9\.9 \(schema 1\); this is 0\.1\.0/],
    own: [{ ...job, data: 'a'.repeat(64) }, /images of one's own/],
    huge: [config({ preset: 'x'.repeat(100_000_000) }), /characters; 100000 are the most/],
  } as const;
  for (const [name, [data]] of Object.entries(bad))
    await queue.add('run', data, { jobId: name === 'own' ? jobId(run) : name });
  await redis.client.hset(`${PREFIX}:${QUEUE}:nojson`, { name: 'run', data: '{', opts: '{}' });
  const worker = startWorker(t, redis, '--jobs', '1');
  await until(async () => (await queue.getFailedCount()) === Object.keys(bad).length, worker.said);
  for (const [name, [, message]] of Object.entries(bad)) {
    t.match((await queue.getJob(name === 'own' ? jobId(run) : name))?.failedReason, message, name);
  }
  const { code, stderr } = await sweep(t, cwd, redis);
  t.equal(code, 0, stderr);
  t.equal(worker.child.exitCode, null, 'the worker goes on');
  t.notOk(existsSync(join(cwd, '../escaped')));
  await queue.close();
});

test(
  'results and checkpoints that are cut short or altered are noticed, and the run is done again',
  withRedis,
  async (t) => {
    const redis = await startRedis(t);
    const cwd = t.testdirName;
    const runs = await planned(cwd, '--seeds', '1..4');
    const queue = new Queue(QUEUE, { connection: redis.client, prefix: PREFIX });
    for (const run of runs) await queue.add('run', formatJob({ run, data: null }), { jobId: jobId(run) });
    await redis.client.hset(keys.checkpoint(jobId(runs[0])), { 'metrics.jsonl': 'x', manifest: '{}' });
    const worker = startWorker(t, redis, '--jobs', '2');
    await until(async () => (await queue.getCompletedCount()) === 4, worker.said);
    t.match(worker.said(), /its checkpoint is not used/);
    const [cut, altered, named, swapped] = runs.map((run) => keys.results(jobId(run)));
    const whole = (await redis.client.hgetBuffer(cut, 'bp.safetensors')) as Buffer;
    await redis.client.hset(cut, 'bp.safetensors', whole.subarray(0, whole.length / 2));
    const network = (await redis.client.hgetBuffer(altered, 'bp.safetensors')) as Buffer;
    network[network.length >> 1] ^= 1;
    await redis.client.hset(altered, 'bp.safetensors', network);
    const manifest = JSON.parse((await redis.client.hget(named, 'manifest')) as string);
    manifest.files['../../escaped'] = manifest.files['results.json'];
    const results = (await redis.client.hgetBuffer(named, 'results.json')) as Buffer;
    await redis.client.hset(named, { manifest: JSON.stringify(manifest), '../../escaped': results });
    await redis.client.del(swapped);
    await redis.client.copy(named, swapped); // another seed's, and whole
    const { code, stderr } = await sweep(t, cwd, redis, '--seeds', '1..4');
    t.equal(code, 0, stderr);
    t.equal(stderr.match(/its results are not usable, and it is done again/g)?.length, 4, stderr);
    t.notOk(existsSync(join(cwd, 'escaped')));
    await checkRuns(t, cwd, runsIn(cwd));
    await queue.close();
  },
);

test('two workers that do the same job harm nothing', withRedis, async (t) => {
  const redis = await startRedis(t);
  const cwd = t.testdirName;
  const long = ['--train-size', '2000', '--epochs', '30'];
  const collecting = sweep(t, cwd, redis, ...long);
  const one = startWorker(t, redis, '--jobs', '1');
  await one.shows(/begun/);
  const two = startWorker(t, redis, '--jobs', '1');
  await until(async () => (await redis.client.keys(`${PREFIX}:checkpoint:*`)).length > 0, one.said);
  const [id] = (await redis.client.lrange(`${PREFIX}:${QUEUE}:active`, 0, 0)) as [string];
  await redis.client.del(`${PREFIX}:${QUEUE}:${id}:lock`); // as if the first had been out of reach for a minute
  const { code, stderr } = await collecting;
  t.equal(code, 0, stderr);
  t.comment(one.said(), two.said());
  await checkRuns(t, cwd, runsIn(cwd), [...small, ...long]);
});

test('a Redis that is full is waited for; one that throws data away is refused', withRedis, async (t) => {
  const redis = await startRedis(t);
  const cwd = t.testdirName;
  const evicting = async (policy: string) => redis.client.config('SET', 'maxmemory-policy', policy);
  await evicting('allkeys-lru');
  for (const command of [['work'], ['sweep', 'mnist', ...small, '--out', 'sw']]) {
    const { code, stderr } = await call([...command, '--redis', redis.address], cwd);
    t.equal(code, 2);
    t.match(stderr, /maxmemory-policy allkeys-lru.*Set maxmemory-policy to noeviction/s);
  }
  await evicting('noeviction');
  const collecting = sweep(t, cwd, redis, '--train-size', '2000', '--epochs', '3');
  const worker = startWorker(t, redis, '--jobs', '1');
  await worker.shows(/begun/);
  await redis.client.config('SET', 'maxmemory', '1mb'); // less than it uses
  await worker.shows(/Redis has used over 80 % of its memory/);
  await worker.shows(/Redis has no memory left for its results: waiting/);
  await redis.client.config('SET', 'maxmemory', '0');
  const { code, stderr } = await collecting;
  t.equal(code, 0, `${stderr}\n${worker.said()}`);
  t.equal(runsIn(cwd).length, 1);
});

test('a password opens, a wrong or missing one is told, and none is ever shown', withRedis, async (t) => {
  const redis = await startRedis(t, '--requirepass', 'hunter2');
  const cwd = t.testdirName;
  const working = async (password: string | undefined) => {
    const env = { ...process.env, WEIGHT_TRANSPORT_REDIS: password };
    return finish(spawn(process.execPath, [cli, 'sweep', 'status', '--redis', redis.address], { cwd, env }));
  };
  const right = await working('hunter2');
  t.equal(right.code, 0, right.stderr);
  const wrong = await working('hunter3');
  t.equal(wrong.code, 2);
  t.match(wrong.stderr, /refuses the password in WEIGHT_TRANSPORT_REDIS/);
  const none = await working(undefined);
  t.equal(none.code, 2);
  t.match(none.stderr, /asks for a password/);
  for (const { stdout, stderr } of [right, wrong, none]) t.notMatch(stdout + stderr, /hunter/);
  const typed = await call(['work', '--redis', `redis://:hunter2@127.0.0.1:${redis.port}`], cwd);
  t.equal(typed.code, 2);
  t.notMatch(typed.stderr, /hunter/);
  const nobody = await call(['work', '--redis', 'redis://127.0.0.1:1'], cwd);
  t.equal(nobody.code, 2);
  t.match(nobody.stderr, /Can't reach Redis at redis:\/\/127\.0\.0\.1:1\/0 \(ECONNREFUSED\)/);
});

test('a worker gives the cores of a run that has ended to the one that it still does', withRedis, async (t) => {
  const redis = await startRedis(t);
  const cwd = t.testdirName;
  startWorker(t, redis, '--jobs', '2', '--workers', '2');
  const longer = ['--train-size', '2000', '--epochs', '60'];
  // One diverges at once.
  const { code, stderr } = await sweep(t, cwd, redis, ...longer, '--lr', '1e30;0.001');
  t.equal(code, 1, stderr);
  const name = runsIn(cwd).find((each) => existsSync(join(cwd, 'sw', each, 'results.json')));
  const { environment } = JSON.parse(readFileSync(join(cwd, 'sw', `${name}`, 'results.json'), 'utf8'));
  t.equal(environment.workers, 2, 'it began with one');
  await checkRuns(t, cwd, [`${name}`], [...small, ...longer, '--lr', '0.001']);
});

test(
  'encrypted: with the authority’s certificate a sweep goes through, without it the refusal says why',
  withRedis,
  async (t) => {
    const redis = await startEncryptedRedis(t);
    const cwd = t.testdirName;
    startWorker(t, redis, '--jobs', '1', '--redis-ca', redis.ca);
    const { code, stderr } = await sweep(t, cwd, redis, '--redis-ca', redis.ca);
    t.equal(code, 0, stderr);
    t.equal(runsIn(cwd).length, 1);
    const strange = await call(['sweep', 'status', '--redis', redis.address], cwd);
    t.equal(strange.code, 2);
    t.match(
      strange.stderr,
      /^Redis at rediss:\S+ shows a certificate that .*\(DEPTH_ZERO_SELF_SIGNED_CERT\).*--redis-ca/,
    );
    const name = await call(['sweep', 'status', '--redis', `rediss://[::1]:1`, '--redis-ca', redis.ca], cwd);
    t.match(name.stderr, /^Can't reach Redis/);
  },
);

test('a run that another version has asked for is told with both', withRedis, async (t) => {
  const redis = await startRedis(t);
  const cwd = t.testdirName;
  const [run] = await planned(cwd);
  const queue = new Queue(QUEUE, { connection: redis.client, prefix: PREFIX });
  await queue.add('run', { ...formatJob({ run, data: null }), version: '9.9.9' }, { jobId: jobId(run) });
  const { code, stderr } = await sweep(t, cwd, redis);
  t.equal(code, 2);
  t.match(stderr, /asked for by weight-transport "9\.9\.9"; this is 0\.1\.0/);
  await queue.close();
});

test(
  'a sweep is cancelled: what waits is removed, what runs is ended; the same command begins it again',
  withRedis,
  async (t) => {
    const redis = await startRedis(t);
    const cwd = t.testdirName;
    const long = ['--seeds', '1,2', '--train-size', '2000', '--epochs', '300'];
    const collecting = sweep(t, cwd, redis, ...long);
    const worker = startWorker(t, redis, '--jobs', '1');
    await worker.shows(/begun/);
    const status = await call(['sweep', 'status', '--redis', redis.address], cwd);
    const name = /sweep-mnist-\w+/.exec(status.stdout)?.[0] as string;
    const unknown = await call(['sweep', 'cancel', 'no-such', '--redis', redis.address], cwd);
    t.equal(unknown.code, 2);
    t.match(unknown.stderr, new RegExp(`there is: ${name}`));
    const cancel = await call(['sweep', 'cancel', name, '--redis', redis.address], cwd);
    t.match(cancel.stdout, /Cancelled: 1 runs removed, 1 under way/);
    await worker.shows(/failed\. It was cancelled/);
    t.equal(worker.child.exitCode, null);
    const { code, stdout } = await collecting;
    t.equal(code, 1);
    t.match(stdout, /0 of 2 runs are finished/);
    t.equal(stdout.match(/failed\. It was cancelled/g)?.length, 2);
    const before = worker.said().match(/begun/g)?.length ?? 0;
    void sweep(t, cwd, redis, ...long);
    await until(() => (worker.said().match(/begun/g)?.length ?? 0) > before, worker.said);
  },
);
