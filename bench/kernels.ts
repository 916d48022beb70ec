/*
 * Every kernel on LeNet-5's shapes, in one thread, by each backend.
 *
 * How to read it: GFLOP/s where arithmetic is the work, with the share of the measured peak (peak.ts); GB/s where
 * moving numbers is. The arrays are the same at every call, so they lie in the cache as far as they fit; in a training
 * step some come from the next cache level. The last rows add up a shard's training step (8 images, forward and
 * backward) as its layers call the kernels.
 */
import { Heap } from '../src/tensor/heap.js';
import { type Backend, backends, loadKernels } from '../src/tensor/kernels.js';
import type { Case, Family, KernelName } from './cases.js';
import { convolutionCases } from './convolution.js';
import { elementwiseCases } from './elementwise.js';
import type { Shapes } from './lenet.js';
import { matmulCases } from './matmul.js';
import { callSeconds, type Effort, median } from './measure.js';
import { poolCases } from './pool.js';
import { stepCases } from './steps.js';

const families: readonly Family[] = [convolutionCases, matmulCases, poolCases, elementwiseCases, stepCases];

/** One kernel on one shape. */
export interface KernelResult extends Omit<Case, 'run'> {
  /** Of one call. */
  readonly seconds: Readonly<Record<Backend, number>>;
  /** 10⁹ operations a second; undefined where moving numbers is the work. */
  readonly gflops?: Readonly<Record<Backend, number>>;
  /** 10⁹ bytes a second. */
  readonly gigabytes: Readonly<Record<Backend, number>>;
}

/** Measures all kernels. @throws {Error} if there is a kernel that no family has a case for */
export async function benchKernels(shapes: Shapes, effort: Effort): Promise<KernelResult[]> {
  const cases = {} as Record<Backend, Case[]>;
  for (const backend of backends) {
    const kernels = await loadKernels(backend, new Heap());
    cases[backend] = families.flatMap((family) => family(kernels, shapes));
    const measured = new Set<string>([
      'backend',
      'alloc',
      'allocIndices',
      ...cases[backend].map((each) => each.kernel),
    ]);
    const missing = Object.keys(kernels).filter((name) => !measured.has(name));
    if (missing.length > 0) throw new Error(`no benchmark covers the kernels ${missing.join(', ')}`);
  }
  return cases.reference.map((reference, i) => {
    const { run: _, ...facts } = reference;
    const by = (value: (seconds: number) => number): Record<Backend, number> => ({
      simd: value(seconds.simd),
      reference: value(seconds.reference),
    });
    const seconds = {
      simd: median(callSeconds(cases.simd[i].run, effort)),
      reference: median(callSeconds(reference.run, effort)),
    };
    const { flops } = facts;
    return {
      ...facts,
      seconds,
      ...(flops === undefined ? {} : { gflops: by((s) => flops / s / 1e9) }),
      gigabytes: by((s) => (4 * facts.numbers) / s / 1e9),
    };
  });
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
      'products of a shard’s training step',
      results.filter(({ flops }) => flops !== undefined),
    ),
    total('all kernels of a shard’s training step', results),
  ];
}

export type { KernelName };
