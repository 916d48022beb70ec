/* The tables that a bench prints. */

import { displayName } from '../src/report/names.js';
import { textTable } from '../src/report/text.js';
import { finePercent } from '../src/words.js';
import type { AttackSpeed } from './attacks.js';
import type { KernelResult, ShardTotal } from './kernels.js';
import type { PeakMemory } from './memory.js';
import type { Prediction, Scaling } from './scaling-model.js';
import type { StepProfile, StepShares } from './step.js';
import type { EpochTime } from './training.js';

/** Three digits, as many as a measurement is worth. */
export const digits = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));

/** A time in the unit that suits it. */
export function timeText(seconds: number): string {
  if (seconds < 1e-3) return `${digits(seconds * 1e6)} µs`;
  return seconds < 1 ? `${digits(seconds * 1e3)} ms` : `${digits(seconds)} s`;
}

/** The kernels whose work is arithmetic, in GFLOP/s. */
export function arithmeticTable(results: readonly KernelResult[], totals: readonly ShardTotal[], peak: number): string {
  const rows = results.flatMap(({ kernel, where, shape, gflops }) =>
    gflops ? [[kernel, where, shape, ...speeds(gflops.simd, gflops.reference, peak)]] : [],
  );
  for (const { what, flops, seconds } of totals) {
    const [simd, reference] = [flops / seconds.simd / 1e9, flops / seconds.reference / 1e9];
    rows.push(['', what, timeText(seconds.simd), ...speeds(simd, reference, peak)]);
  }
  const head = ['kernel', 'where', 'shape', 'simd GFLOP/s', 'of the peak', 'reference', 'times'];
  return textTable(head, rows, 3);
}

const speeds = (simd: number, reference: number, peak: number): string[] => [
  digits(simd),
  finePercent(simd / peak),
  digits(reference),
  digits(simd / reference),
];

/** The kernels whose work is moving numbers, in GB/s and nanoseconds a number. */
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
  return textTable(['kernel', 'where', 'shape', 'simd GB/s', 'ns a number', 'reference', 'times'], rows, 3);
}

/** Seconds per epoch, and each rule's beside BP's on the same backend. */
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
  return textTable(['rule', 'backend', 'workers', 'images measured', 's an epoch of 60,000', 'of BP’s'], rows, 2);
}

/** Epoch times by number of workers. */
export function scalingTable(scaling: readonly Scaling[]): string {
  const rows = scaling.map(({ workers, seconds, speedup }) => [
    `${workers}`,
    digits(seconds),
    `${speedup.toFixed(2)} ×`,
    finePercent(speedup / workers),
  ]);
  return textTable(['workers', 's an epoch', 'speed', 'of the ideal'], rows, 0);
}

/** What more cores would give, and what a step's time there is made of. */
export function predictionTable(predictions: readonly Prediction[]): string {
  const rows = predictions.map(({ batchSize, workers, seconds, speedup, atMost, shares }) => [
    `${batchSize}`,
    `${workers}`,
    digits(seconds),
    `${speedup.toFixed(1)}–${atMost.toFixed(1)} ×`,
    ...[shares.shards, shares.update, shares.waiting, shares.barriers].map(finePercent),
  ]);
  const head = ['mini-batch', 'cores', 's an epoch', 'speed', 'shards', 'adding, optimizer', 'waiting', 'barriers'];
  return textTable(head, rows, 0);
}

/** Attack speeds. */
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
  const head = ['attack', 'gradients', 'images', 's', 'images/s', 'still correct', 'zero gradients'];
  return textTable(head, rows, 1);
}

const shareNames: Record<keyof StepShares, string> = {
  convolutions: 'kernels: convolutions',
  normalization: 'kernels: batch normalisation',
  activations: 'kernels: activations',
  shortcuts: 'kernels: where the sides of blocks part and meet',
  otherKernels: 'kernels: others of forward and backward',
  optimizer: 'kernels: optimizer’s step',
  reduction: 'kernels: adding the shards’ gradients',
  waiting: 'waiting for one another',
  loading: 'loading images',
  loss: 'loss, predictions, counting',
  shuffling: 'shuffling',
  messages: 'messages to the workers and back',
  rest: 'the rest: layers’ JavaScript, garbage collection',
};

/** Where a training step's time goes, a column a number of workers. */
export function stepTable(profiles: readonly StepProfile[]): string {
  const keys = Object.keys(shareNames) as (keyof StepShares)[];
  const rows = keys.map((key) => [
    shareNames[key],
    ...profiles.map(({ shares }) => finePercent(Math.max(0, shares[key]))),
  ]);
  rows.push([
    'outside the kernels of forward, backward and optimizer',
    ...profiles.map((p) => finePercent(p.outsideKernels)),
  ]);
  rows.push(['all but the convolutions, in % of them', ...profiles.map((p) => finePercent(p.besideConvolutions))]);
  rows.push(['s an epoch', ...profiles.map((p) => digits(p.epochSeconds))]);
  rows.push(['s in kernels, all workers together', ...profiles.map((p) => digits(p.kernelSeconds))]);
  const head = [
    'share of the wall time',
    ...profiles.map((p) => `${p.workers} ${p.workers === 1 ? 'worker' : 'workers'}`),
  ];
  return textTable(head, rows, 1);
}

export const memoryText = ({ bytes }: PeakMemory, workers: number): string =>
  `Peak memory of the main job, all threads (${workers} workers): ${(bytes / 1e6).toFixed(0)} MB`;
