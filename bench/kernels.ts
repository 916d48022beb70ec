/*
 * Measures every kernel with each backend in one thread: on LeNet-5's shapes, and convolutions and normalisation also
 * on ResNet's.
 *
 * The unit is GFLOP/s for kernels that mainly compute, with the share of the peak (peak.ts), which is measured in turns
 * with the kernels. It is GB/s for kernels that mainly move numbers. The arrays are the same at every call, so they
 * stay in the cache if they fit; in a training step, some come from the next level. The last rows add the kernels of a
 * shard's training step (8 images, forward and backward).
 */

import { loadKernels } from '../src/tensor/backends.js';
import { Heap } from '../src/tensor/heap.js';
import type { Backend } from '../src/tensor/kernels.js';
import { type Case, type Family, NOT_KERNELS } from './cases.js';
import { channelCases } from './channels.js';
import { convolutionCases } from './convolution.js';
import { elementwiseCases } from './elementwise.js';
import type { Shapes } from './lenet.js';
import { matmulCases } from './matmul.js';
import { callSeconds, type Effort, median } from './measure.js';
import { peakLoop } from './peak.js';
import { poolCases } from './pool.js';
import { stepCases } from './steps.js';
import { winogradCases } from './winograd.js';

const families: readonly Family[] = [
  convolutionCases,
  winogradCases,
  matmulCases,
  poolCases,
  elementwiseCases,
  channelCases,
  stepCases,
];

/** One kernel on one shape. */
export interface KernelResult extends Omit<Case, 'run'> {
  /** Seconds of one call. */
  readonly seconds: Readonly<Record<Backend, number>>;
  /** 10⁹ operations per second; undefined for kernels that mainly move numbers. */
  readonly gflops?: Readonly<Record<Backend, number>>;
  /** 10⁹ bytes per second. */
  readonly gigabytes: Readonly<Record<Backend, number>>;
}

/** The results of {@link benchKernels}. */
export interface KernelBench {
  /** The peak of one core, in 10⁹ operations per second: the best of all turns. */
  readonly peakGflops: number;
  readonly results: readonly KernelResult[];
}

/** Measures all kernels. @throws {Error} if a kernel belongs to no family's cases */
export async function benchKernels(shapes: Shapes, effort: Effort): Promise<KernelBench> {
  const peak = await peakLoop();
  const simd = await allCases('simd', shapes);
  const reference = await allCases('reference', shapes);
  const runs = [peak.run, ...simd.map(({ run }) => run), ...reference.map(({ run }) => run)];
  const [peakSeconds, ...seconds] = callSeconds(runs, effort);
  const results = simd.map(({ run: _, ...facts }, i) => {
    const each = { simd: median(seconds[i]), reference: median(seconds[simd.length + i]) };
    const by = (value: (seconds: number) => number) => ({ simd: value(each.simd), reference: value(each.reference) });
    const { flops } = facts;
    return {
      ...facts,
      seconds: each,
      ...(flops === undefined ? {} : { gflops: by((s) => flops / s / 1e9) }),
      gigabytes: by((s) => (4 * facts.numbers) / s / 1e9),
    };
  });
  return { peakGflops: peak.flops / Math.min(...peakSeconds) / 1e9, results };
}

async function allCases(backend: Backend, shapes: Shapes): Promise<Case[]> {
  const kernels = await loadKernels(backend, new Heap());
  const cases = families.flatMap((family) => family(kernels, shapes));
  const covered = new Set<string>(cases.map(({ kernel }) => kernel));
  const missing = Object.keys(kernels).filter((name) => !NOT_KERNELS.has(name) && !covered.has(name));
  if (missing.length > 0) throw new Error(`no benchmark covers the kernels ${missing.join(', ')}`);
  return cases;
}

/** The sum over kernels of one shard's training step. */
export interface ShardTotal {
  readonly what: string;
  readonly flops: number;
  readonly seconds: Readonly<Record<Backend, number>>;
}

/** Returns the sums over the matrix products and over all kernels of a shard's training step. */
export function shardTotals(results: readonly KernelResult[]): ShardTotal[] {
  const total = (what: string, chosen: readonly KernelResult[]): ShardTotal => {
    const sum = (value: (result: KernelResult) => number) =>
      chosen.reduce((all, result) => all + (result.perShard ?? 0) * value(result), 0);
    return {
      what,
      flops: sum(({ flops = 0 }) => flops),
      seconds: { simd: sum(({ seconds }) => seconds.simd), reference: sum(({ seconds }) => seconds.reference) },
    };
  };
  return [
    total(
      'convolutions and products of a shard’s step',
      results.filter(({ flops }) => flops !== undefined),
    ),
    total('all kernels of a shard’s step', results),
  ];
}
