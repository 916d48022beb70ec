/*
 * Every kernel on LeNet-5's shapes, the two kinds of convolution and normalisation on ResNet's, in one thread, by each backend.
 *
 * How to read it: GFLOP/s where arithmetic is the work, with the share of the peak (peak.ts), which has its turns among
 * the kernels; GB/s where moving numbers is. The arrays are the same at every call, so they lie in the cache as far as they fit; in a training
 * step some come from the next cache level. The last rows add up a shard's training step (8 images, forward and
 * backward) as its layers call the kernels.
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
  /** Of one call. */
  readonly seconds: Readonly<Record<Backend, number>>;
  /** 10⁹ operations a second; undefined where moving numbers is the work. */
  readonly gflops?: Readonly<Record<Backend, number>>;
  /** 10⁹ bytes a second. */
  readonly gigabytes: Readonly<Record<Backend, number>>;
}

/** What {@link benchKernels} found out. */
export interface KernelBench {
  /** 10⁹ operations a second that one core can do at most: the best of all turns, since it is a ceiling. */
  readonly peakGflops: number;
  readonly results: readonly KernelResult[];
}

/** Measures all kernels. @throws {Error} if there is a kernel that no family has a case for */
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

/** What the kernels of one shard's training step add up to. */
export interface ShardTotal {
  readonly what: string;
  readonly flops: number;
  readonly seconds: Readonly<Record<Backend, number>>;
}

/** The products of a shard's training step, and then all of its kernels. */
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
