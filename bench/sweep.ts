/*
 * `npm run bench:sweep [-- --jobs 10000]`: what one Redis and BullMQ take of runs, which here only sleep. It starts a
 * redis-server of its own, and prints how many jobs are handed out in a second and what Redis' memory then is.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Queue, Worker } from 'bullmq';
import { Command } from 'commander';
import { Redis } from 'ioredis';
import { configFrom } from '../src/commands/options.js';
import { runName } from '../src/sweep/plan.js';
import { formatJob, jobId, PREFIX, QUEUE } from '../src/sweep/redis/job.js';
import { megabytes } from '../src/words.js';

const PORT = 16_379;
const WORKERS = 100;
/** Milliseconds that a job sleeps. */
const SLEEP = 10;
const CHUNK = 1000;

const print = (line: string): void => void process.stdout.write(`${line}\n`);

async function bench(jobs: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-sweep-'));
  const args = ['--port', `${PORT}`, '--save', '', '--appendonly', 'yes', '--dir', folder];
  const server = spawn('redis-server', args, { stdio: 'ignore' });
  const redis = new Redis(PORT, { maxRetriesPerRequest: null });
  redis.on('error', () => {}); // until it is there
  try {
    await redis.ping();
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
    print(
      `${jobs} jobs added in ${((performance.now() - adding) / 1000).toFixed(1)} s, Redis holds ${await used(redis)}`,
    );
    const started = performance.now();
    const worker = new Worker(QUEUE, () => sleep(SLEEP), { connection: redis, prefix: PREFIX, concurrency: WORKERS });
    await once(worker, 'drained');
    while ((await queue.getCompletedCount()) < jobs) await sleep(20);
    const seconds = (performance.now() - started) / 1000;
    print(`${Math.round(jobs / seconds)} jobs handed out and taken back a second, ${WORKERS} at a time`);
    print(`Redis holds ${await used(redis)} once all are done`);
    await worker.close();
    await queue.close();
  } finally {
    redis.disconnect();
    server.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}

async function used(redis: Redis): Promise<string> {
  const info = await redis.info('memory');
  return megabytes(Number(/^used_memory:(\d+)/m.exec(info)?.[1]));
}

await new Command('npm run bench:sweep --')
  .description('what one Redis and BullMQ take of runs that only sleep')
  .option('--jobs <n>', 'how many', Number, 10_000)
  .action(({ jobs }: { jobs: number }) => bench(jobs))
  .parseAsync();
