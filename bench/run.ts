/*
 * `npm run bench [-- --quick]`: how fast this package is here. Prints tables, and leaves all numbers in
 * out/bench.json. Numbers are medians after warm-up; what each means, and what limits it, stands in its own file:
 *
 *   peak.ts      what a core can do at most
 *   kernels.ts   each kernel on LeNet-5's shapes (its cases in convolution.ts, matmul.ts, pool.ts, elementwise.ts,
 *                steps.ts), and convolutions on ResNet's (winograd.ts)
 *   training.ts  seconds per epoch, and how they scale with the workers
 *   step.ts      where a training step's time goes
 *   attacks.ts   images a second
 *   memory.ts    the main job's peak memory
 *
 * Everything else that runs on the machine makes the numbers worse, and two workers suffer more than one from it.
 */
import { mkdir } from 'node:fs/promises';
import { Command } from 'commander';
import { writeWhole } from '../src/disk/files.js';
import { WorkerPool } from '../src/parallel/pool.js';
import { defaultBackend } from '../src/tensor/backends.js';
import type { Backend } from '../src/tensor/kernels.js';
import { benchAttacks } from './attacks.js';
import { environment, environmentText } from './environment.js';
import { benchKernels, shardTotals } from './kernels.js';
import { shapesOf } from './lenet.js';
import { type Effort, quickly, secondsSince, thorough } from './measure.js';
import { peakMemory } from './memory.js';
import {
  arithmeticTable,
  attackTable,
  digits,
  epochTable,
  memoryText,
  movingTable,
  scalingTable,
  stepTable,
} from './report.js';
import { profileSteps } from './step.js';
import { lenetOnMnist } from './subjects.js';
import { benchEpochs, benchScaling } from './training.js';

const print = (...lines: readonly string[]): void => {
  process.stdout.write(`${lines.join('\n')}\n`);
};

async function bench(effort: Effort, quick: boolean): Promise<void> {
  const started = performance.now();
  const where = environment();
  const { cores } = where;
  print(environmentText(where), '');

  const memory = await peakMemory(cores);
  print(memoryText(memory, cores));

  const subject = await lenetOnMnist();
  const { peakGflops: peak, results: kernels } = await benchKernels(shapesOf(subject.spec), effort);
  print(`Peak of one core, float32 in WebAssembly SIMD without loads: ${digits(peak)} GFLOP/s`, '');
  const totals = shardTotals(kernels);
  print('Kernels whose work is arithmetic, one core', arithmeticTable(kernels, totals, peak), '');
  print('Kernels whose work is moving numbers, one core', movingTable(kernels), '');

  const reference = await onPool(cores, 'reference', (pool) => benchEpochs(pool, subject, effort));
  const { epochs, attacks } = await onPool(cores, defaultBackend(), async (pool) => {
    const trained = await benchEpochs(pool, subject, effort);
    print('Training LeNet-5 on MNIST, mini-batches of 64', epochTable([...trained.times, ...reference.times]), '');
    const speeds = await benchAttacks(pool, trained.networks.bp, subject.test, effort.turns);
    print(`Attacks on the BP network, ${cores} workers`, attackTable(speeds), '');
    return { epochs: [...trained.times, ...reference.times], attacks: speeds };
  });
  const scaling = await benchScaling(subject, cores, defaultBackend(), effort);
  print('Scaling, BP', scalingTable(scaling), '');

  const steps = await profileSteps(subject, cores === 1 ? [1] : [1, cores], defaultBackend(), effort);
  print('Where a BP training step’s time goes', stepTable(steps), '');

  const seconds = secondsSince(started);
  const results = { schema: 1, quick, environment: where, seconds, memory, peakGflops: peak, kernels, shard: totals };
  await mkdir('out', { recursive: true });
  const json = JSON.stringify({ ...results, epochs, attacks, scaling, steps }, null, 2);
  await writeWhole('out/bench.json', `${json}\n`);
  print(`Done in ${digits(seconds)} s. All numbers are in out/bench.json.`);
}

async function onPool<T>(workers: number, backend: Backend, use: (pool: WorkerPool) => Promise<T>): Promise<T> {
  const pool = new WorkerPool(workers, backend);
  try {
    return await use(pool);
  } finally {
    await pool.close();
  }
}

await new Command('npm run bench --')
  .description('measure kernels, training, attacks, scaling and memory on this machine')
  .option('--quick', 'fewer and shorter measurements')
  .action(({ quick = false }: { quick?: boolean }) => bench(quick ? quickly : thorough, quick))
  .parseAsync();
