/*
 * `npm run bench:sweep [-- --jobs 10000]` measures Redis with BullMQ, on jobs that only sleep: the jobs that it hands
 * out per second, and its memory. `npm run bench:sweep -- --runs 16` measures the seconds of short runs: one after the
 * other, as a sweep, and through the queue. It starts its own redis-server.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Queue, Worker } from 'bullmq';
import { Command } from 'commander';
import { Redis } from 'ioredis';
import { configFrom } from '../src/commands/options.js';
import { runName } from '../src/sweep/plan.js';
import { formatJob, jobId, PREFIX, QUEUE } from '../src/sweep/redis/job.js';
import { finePercent, megabytes } from '../src/words.js';
import { secondsSince } from './measure.js';

const PORT = 16_379;
const WORKERS = 100;
/** Milliseconds for which a job sleeps. */
const SLEEP = 10;
const CHUNK = 1000;

/** The number of workers that do real runs, each on one core. */
const PLACES = 3;
const CLI = fileURLToPath(new URL('../src/cli.js', import.meta.url));

const print = (line: string): void => void process.stdout.write(`${line}\n`);

/** Runs a Redis server during `work`. */
async function withRedis(work: (redis: Redis, folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-sweep-'));
  const args = ['--port', `${PORT}`, '--save', '', '--appendonly', 'yes', '--dir', folder];
  const server = spawn('redis-server', args, { stdio: 'ignore' });
  const redis = new Redis(PORT, { maxRetriesPerRequest: null });
  redis.on('error', () => {}); // until the server has started
  try {
    await redis.ping();
    await work(redis, folder);
  } finally {
    redis.disconnect();
    server.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}

async function benchQueue(redis: Redis, jobs: number): Promise<void> {
  const queue = new Queue(QUEUE, { connection: redis, prefix: PREFIX });
  const runs = Array.from({ length: jobs }, (_, seed) => {
    const config = configFrom('mnist', { seed: `${seed}` }, 'simd');
    return { name: runName(config, null), audit: 'full' as const, config };
  });
  const adding = performance.now();
  for (let first = 0; first < jobs; first += CHUNK) {
    const some = runs.slice(first, first + CHUNK);
    await queue.addBulk(
      some.map((run) => ({ name: 'run', data: formatJob({ run, data: null }), opts: { jobId: jobId(run) } })),
    );
  }
  print(`${jobs} jobs added in ${secondsSince(adding).toFixed(1)} s, Redis holds ${await used(redis)}`);
  const started = performance.now();
  const worker = new Worker(QUEUE, () => sleep(SLEEP), { connection: redis, prefix: PREFIX, concurrency: WORKERS });
  await once(worker, 'drained');
  while ((await queue.getCompletedCount()) < jobs) await sleep(20);
  const seconds = secondsSince(started);
  print(`${Math.round(jobs / seconds)} jobs handed out and completed per second, ${WORKERS} at a time`);
  print(`Redis holds ${await used(redis)} after all jobs`);
  await worker.close();
  await queue.close();
}

/** Measures runs of one seed each: in a loop, as a sweep, and through the queue. */
async function benchRuns(folder: string, runs: number): Promise<void> {
  const short = ['mnist', '--quick', '--no-audit'];
  const sweep = (name: string, ...more: string[]) =>
    program('sweep', ...short, '--seeds', `1..${runs}`, '--out', join(folder, name), ...more).ended;
  const redis = ['--redis', `redis://127.0.0.1:${PORT}`];
  const timed = async (title: string, work: () => Promise<unknown>): Promise<number> => {
    const started = performance.now();
    await work();
    const seconds = secondsSince(started);
    print(`${title}: ${seconds.toFixed(1)} s`);
    return seconds;
  };
  const loop = await timed(`${runs} short runs, one after the other`, async () => {
    for (let seed = 1; seed <= runs; seed++) {
      await program(...short, '--seed', `${seed}`, '--out', join(folder, `run-${seed}`)).ended;
    }
  });
  const chosen = await timed('the same as a sweep', () => sweep('chosen'));
  const places = ['--jobs', `${PLACES}`, '--workers', `${PLACES}`];
  const local = await timed(`with --jobs ${PLACES} --workers ${PLACES}`, () => sweep('local', ...places));
  const workers = Array.from({ length: PLACES }, () => program('work', ...redis, '--jobs', '1', '--workers', '1'));
  const ends = Promise.allSettled(workers.map(({ ended }) => ended)); // they end by Ctrl-C, with an exit code other than 0
  let queued: number;
  try {
    queued = await timed(`by ${PLACES} workers that take them from Redis`, () => sweep('queued', ...redis));
  } finally {
    for (const { child } of workers) child.kill('SIGINT');
    await ends;
  }
  print(`A sweep is ${(loop / chosen).toFixed(2)} × as fast; the queue takes ${finePercent(queued / local - 1)} more`);
}

/** Starts this program. Returns it with a promise of its end. @throws {Error} if its exit code is not 0 */
function program(...parameters: string[]) {
  const child = spawn(process.execPath, [CLI, ...parameters], { stdio: 'ignore' });
  const ended = once(child, 'exit').then(([code]) => {
    if (code !== 0) throw new Error(`${parameters.join(' ')} ended with ${code}`);
  });
  return { child, ended };
}

async function used(redis: Redis): Promise<string> {
  const info = await redis.info('memory');
  return megabytes(Number(/^used_memory:(\d+)/m.exec(info)?.[1]));
}

await new Command('npm run bench:sweep --')
  .description('measure Redis and BullMQ with jobs that only sleep; or the time of short runs')
  .option('--jobs <n>', 'number of jobs that only sleep', Number, 10_000)
  .option(
    '--runs <n>',
    'instead: number of short runs, done one after the other, as a sweep, and through Redis',
    Number,
  )
  .action(({ jobs, runs }: { jobs: number; runs?: number }) =>
    withRedis((redis, folder) => (runs === undefined ? benchQueue(redis, jobs) : benchRuns(folder, runs))),
  )
  .parseAsync();
