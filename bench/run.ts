/*
 * `npm run bench [-- PARTS] [--quick]` measures the speed of this package on this machine. It prints tables and writes
 * all numbers to out/bench.json. Numbers are medians after a warm-up. Each part's file explains its numbers and their
 * limits. By default all parts are measured:
 *
 * ```
 *   memory    memory.ts    the main job's peak memory
 *   kernels   peak.ts      the peak of one core
 *             kernels.ts   each kernel on LeNet-5's shapes (its cases in convolution.ts, matmul.ts, pool.ts,
 *                          elementwise.ts, steps.ts), and convolutions and normalisation on ResNet's (winograd.ts,
 *                          channels.ts)
 *   training  training.ts  seconds per epoch of LeNet-5
 *             attacks.ts   images per second
 *   steps     step.ts      the parts of a training step's time, for LeNet-5 and ResNet-20
 *   scaling   scaling.ts   epoch times of both by number of workers, and a model's predictions for more cores
 * ```
 *
 * Other programs on the machine make the numbers worse, those of two workers more than those of one.
 */
import { mkdir } from 'node:fs/promises';
import { Argument, Command } from 'commander';
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
  predictionTable,
  scalingTable,
  stepTable,
} from './report.js';
import { benchScaling, type ScalingBench } from './scaling.js';
import { type ProfiledTraining, profileSteps, type StepProfile } from './step.js';
import { lenetOnMnist, resnetOnCifar10 } from './subjects.js';
import { benchEpochs } from './training.js';

const print = (...lines: readonly string[]): void => {
  process.stdout.write(`${lines.join('\n')}\n`);
};

/** Measures and prints one part; its result is written to out/bench.json. */
type Part = (effort: Effort, cores: number) => Promise<object>;

const parts = {
  async memory(_effort, cores) {
    const memory = await peakMemory(cores);
    print(memoryText(memory, cores), '');
    return { memory };
  },

  async kernels(effort) {
    const { spec } = await lenetOnMnist();
    const { peakGflops: peak, results: kernels } = await benchKernels(shapesOf(spec), effort);
    print(`Peak of one core, float32 in WebAssembly SIMD without loads: ${digits(peak)} GFLOP/s`, '');
    const totals = shardTotals(kernels);
    print('Kernels that mainly compute, one core', arithmeticTable(kernels, totals, peak), '');
    print('Kernels that mainly move numbers, one core', movingTable(kernels), '');
    return { peakGflops: peak, kernels, shard: totals };
  },

  async training(effort, cores) {
    const subject = await lenetOnMnist();
    const reference = await onPool(cores, 'reference', (pool) => benchEpochs(pool, subject, effort));
    return onPool(cores, defaultBackend(), async (pool) => {
      const trained = await benchEpochs(pool, subject, effort);
      const epochs = [...trained.times, ...reference.times];
      print('Training LeNet-5 on MNIST, mini-batches of 64', epochTable(epochs), '');
      const attacks = await benchAttacks(pool, trained.networks.bp, subject.test, effort.turns);
      print(`Attacks on the BP network, ${cores} workers`, attackTable(attacks), '');
      return { epochs, attacks };
    });
  },

  async steps(effort, cores) {
    const steps: StepProfile[] = [];
    for (const training of await bothTrainings(effort)) {
      const profiles = await profileSteps(training, [...new Set([1, cores])], defaultBackend(), effort.turns);
      print(`Parts of a BP training step’s time, ${training.subject.title}`, stepTable(profiles), '');
      steps.push(...profiles);
    }
    return { steps };
  },

  async scaling(effort, cores) {
    const scaling: ScalingBench[] = [];
    for (const training of await bothTrainings(effort)) {
      const bench = await benchScaling(training, cores, defaultBackend(), effort);
      print(`Scaling, BP, ${bench.subject}`, scalingTable(bench.measured), '');
      print(`Predictions of the model for more cores, ${bench.subject}`, predictionTable(bench.predictions), '');
      scaling.push(bench);
    }
    return { scaling };
  },
} satisfies Record<string, Part>;
type PartName = keyof typeof parts;
const everyPart = Object.keys(parts) as PartName[];

/** Returns LeNet-5's default training, and ResNet-20's with its preset's augmentation. */
const bothTrainings = async ({ epochImages, deepImages }: Effort): Promise<ProfiledTraining[]> => [
  { subject: await lenetOnMnist(), images: epochImages, augment: false },
  { subject: await resnetOnCifar10(), images: deepImages, augment: true },
];

async function bench(names: readonly PartName[], quick: boolean): Promise<void> {
  const started = performance.now();
  const where = environment();
  print(environmentText(where), '');
  let measured: object = {};
  for (const name of names) {
    measured = { ...measured, ...(await parts[name](quick ? quickly : thorough, where.cores)) };
  }
  const seconds = secondsSince(started);
  await mkdir('out', { recursive: true });
  const json = JSON.stringify({ schema: 1, quick, environment: where, seconds, ...measured }, null, 2);
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
  .addArgument(new Argument('[parts...]', 'the parts to measure').choices(everyPart).default(everyPart))
  .option('--quick', 'fewer and shorter measurements')
  .action((names: PartName[], { quick = false }: { quick?: boolean }) => bench(names, quick))
  .parseAsync();
