/* The tables of the benchmarks. */

import { displayName } from '../src/report/names.js';
import { textTable } from '../src/report/text.js';
import { finePercent } from '../src/words.js';
import type { AttackSpeed } from './attacks.js';
import type { KernelResult, ShardTotal } from './kernels.js';
import type { PeakMemory } from './memory.js';
import type { Prediction, Scaling } from './scaling-model.js';
import type { StepProfile, StepShares } from './step.js';
import type { EpochTime } from './training.js';

/** Returns a number with three digits; a measurement is not more precise. */
export const digits = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));

/** Returns a time in µs, ms or s. */
export function timeText(seconds: number): string {
  if (seconds < 1e-3) return `${digits(seconds * 1e6)} µs`;
  return seconds < 1 ? `${digits(seconds * 1e3)} ms` : `${digits(seconds)} s`;
}

/** Returns the table of the kernels that mainly compute, in GFLOP/s. */
export function arithmeticTable(results: readonly KernelResult[], totals: readonly ShardTotal[], peak: number): string {
  const rows = results.flatMap(({ kernel, where, shape, gflops }) =>
    gflops ? [[kernel, where, shape, ...speeds(gflops.simd, gflops.reference, peak)]] : [],
  );
  for (const { what, flops, seconds } of totals) {
    const [simd, reference] = [flops / seconds.simd / 1e9, flops / seconds.reference / 1e9];
    rows.push(['', what, timeText(seconds.simd), ...speeds(simd, reference, peak)]);
  }
  const head = ['kernel', 'place', 'shape', 'simd GFLOP/s', '% of peak', 'reference GFLOP/s', 'simd / reference'];
  return textTable(head, rows, 3);
}

const speeds = (simd: number, reference: number, peak: number): string[] => [
  digits(simd),
  finePercent(simd / peak),
  digits(reference),
  digits(simd / reference),
];

/** Returns the table of the kernels that mainly move numbers, in GB/s and nanoseconds per number. */
export function movingTable(results: readonly KernelResult[]): string {
  const rows = results.flatMap(({ kernel, where, shape, gflops, gigabytes, seconds, numbers }) =>
    gflops
      ? []
      : [
          [
            kernel,
            where,
            shape,
            digits(gigabytes.simd),
            digits((seconds.simd / numbers) * 1e9),
            digits(gigabytes.reference),
            digits(seconds.reference / seconds.simd),
          ],
        ],
  );
  return textTable(
    ['kernel', 'place', 'shape', 'simd GB/s', 'ns per number', 'reference GB/s', 'simd / reference'],
    rows,
    3,
  );
}

/** Returns the table of seconds per epoch, also relative to BP with the same backend. */
export function epochTable(times: readonly EpochTime[]): string {
  const bp = (backend: string) => times.find((other) => other.rule === 'bp' && other.backend === backend)?.seconds;
  const rows = times.map(({ rule, backend, workers, images, seconds }) => [
    displayName(rule),
    backend,
    `${workers}`,
    `${images}`,
    digits(seconds),
    `${(seconds / (bp(backend) ?? seconds)).toFixed(2)} ×`,
  ]);
  return textTable(
    ['rule', 'backend', 'workers', 'images measured', 's per epoch of 60,000', 'relative to BP'],
    rows,
    2,
  );
}

/** Returns the table of epoch times by number of workers. */
export function scalingTable(scaling: readonly Scaling[]): string {
  const rows = scaling.map(({ workers, seconds, speedup }) => [
    `${workers}`,
    digits(seconds),
    `${speedup.toFixed(2)} ×`,
    finePercent(speedup / workers),
  ]);
  return textTable(['workers', 's per epoch', 'speedup', '% of ideal'], rows, 0);
}

/** Returns the table of predictions for more cores, and of the parts of a step's time. */
export function predictionTable(predictions: readonly Prediction[]): string {
  const rows = predictions.map(({ batchSize, workers, seconds, speedup, atMost, shares }) => [
    `${batchSize}`,
    `${workers}`,
    digits(seconds),
    `${speedup.toFixed(1)}–${atMost.toFixed(1)} ×`,
    ...[shares.shards, shares.update, shares.waiting, shares.barriers].map(finePercent),
  ]);
  const head = ['mini-batch', 'cores', 's per epoch', 'speedup', 'shards', 'adding, optimizer', 'waiting', 'barriers'];
  return textTable(head, rows, 0);
}

/** Returns the table of attack speeds. */
export function attackTable(speeds: readonly AttackSpeed[]): string {
  const rows = speeds.map(({ attack, gradients, images, seconds, imagesPerSecond, zeroGradient, accuracyAfter }) => [
    displayName(attack),
    `${gradients}`,
    `${images}`,
    digits(seconds),
    `${Math.round(imagesPerSecond)}`,
    finePercent(accuracyAfter),
    `${zeroGradient}`,
  ]);
  const head = ['attack', 'gradients', 'images', 's', 'images/s', 'accuracy %', 'zero gradients'];
  return textTable(head, rows, 1);
}

const shareNames: Record<keyof StepShares, string> = {
  convolutions: 'kernels: convolutions',
  normalization: 'kernels: batch normalisation',
  activations: 'kernels: activations',
  shortcuts: 'kernels: copies and sums of residual blocks',
  otherKernels: 'kernels: other kernels, forward and backward',
  optimizer: 'kernels: optimizer’s step',
  reduction: 'kernels: adding the shards’ gradients',
  waiting: 'waiting for other workers',
  loading: 'loading images',
  loss: 'loss, predictions, counting',
  shuffling: 'shuffling',
  messages: 'messages to the workers and back',
  rest: 'rest: JavaScript of the layers, garbage collection',
};

/** Returns the table of the parts of a training step's time, one column per number of workers. */
export function stepTable(profiles: readonly StepProfile[]): string {
  const keys = Object.keys(shareNames) as (keyof StepShares)[];
  const rows = keys.map((key) => [
    shareNames[key],
    ...profiles.map(({ shares }) => finePercent(Math.max(0, shares[key]))),
  ]);
  rows.push([
    'all but the kernels of forward, backward and optimizer',
    ...profiles.map((p) => finePercent(p.outsideKernels)),
  ]);
  rows.push([
    'all but the convolutions, in % of the convolutions',
    ...profiles.map((p) => finePercent(p.besideConvolutions)),
  ]);
  rows.push(['s per epoch', ...profiles.map((p) => digits(p.epochSeconds))]);
  rows.push(['s in kernels, sum over workers', ...profiles.map((p) => digits(p.kernelSeconds))]);
  const head = [
    'share of the wall time',
    ...profiles.map((p) => `${p.workers} ${p.workers === 1 ? 'worker' : 'workers'}`),
  ];
  return textTable(head, rows, 1);
}

export const memoryText = ({ bytes }: PeakMemory, workers: number): string =>
  `Peak memory of the main job, all threads (${workers} workers): ${(bytes / 1e6).toFixed(0)} MB`;
