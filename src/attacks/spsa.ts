import { margin } from '../losses/margin.js';
import type { RandomStream } from '../tensor/random.js';
import { type Attack, type AttackMemory, type AttackOptions, type Oracle, oracleOf, randomOf } from './attack.js';
import { clip, fillSigns } from './random-start.js';

const ITERATIONS = 100;
const SAMPLES = 128;
/** δ: how far to each side a direction is tried. */
const PROBE = 0.01;
/** Adam's rate, and its other settings. */
const STEP_SIZE = 0.01;
const BETA1 = 0.9;
const BETA2 = 0.999;
const TINY = 1e-8;

/**
 * SPSA (Uesato et al. 2018, Algorithm 1): ascent along a gradient that is estimated from the loss alone, at points a
 * little to both sides of the image along random directions of ±1 in every pixel:
 *
 *   g = mean over v of (J(x + δv) − J(x − δv)) / (2δ) · v,   x ← P(x + Adam's step along g).
 *
 * Defaults are those of the authors' code: δ = 0.01, rate 0.01, 128 samples (64 directions to both sides), 100 steps.
 * The loss is the oracle's: the paper's is the margin. Each step shows an image `samples` + 1 times to the network, the
 * last time to see whether it is fooled; then it leaves.
 */
export const spsa: Attack<'queries'> = {
  title: 'simultaneous perturbation stochastic approximation: a gradient estimated from losses',
  label: 'SPSA',
  needs: 'queries',
  defaultIterations: ITERATIONS,
  most: ({ iterations = ITERATIONS, samples = SAMPLES }) => ({
    gradients: 0,
    forwards: iterations * (2 * pairsOf(samples) + 1),
  }),
  maximises: () => margin,
  run(target, options, memory, adversarial) {
    const { images, labels, n } = target;
    const { size, queries } = memory;
    const oracle = oracleOf(target, spsa);
    for (let i = 0; i < n; i++) {
      const clean = images.subarray(i * size, (i + 1) * size);
      const x = adversarial.subarray(i * size, (i + 1) * size);
      x.set(clean);
      queries[i] = climb({ x, clean, label: labels[i] }, oracle, options, memory, randomOf(target, i, spsa));
    }
  },
};

/** Directions, each tried to both sides. */
const pairsOf = (samples: number): number => Math.max(1, Math.floor(samples / 2));

interface Attacked {
  readonly x: Float32Array;
  readonly clean: Float32Array;
  readonly label: number;
}

/** @returns how often the image was shown to the network */
function climb(
  image: Attacked,
  oracle: Oracle,
  options: AttackOptions,
  memory: AttackMemory,
  random: RandomStream,
): number {
  const { iterations = ITERATIONS, samples = SAMPLES, stepSize = STEP_SIZE, epsilon } = options;
  const { x, clean, label } = image;
  const pairs = pairsOf(samples);
  const g = new Float64Array(x.length);
  const m = new Float64Array(x.length);
  const v = new Float64Array(x.length);
  memory.labels.fill(label);
  for (let t = 1; t <= iterations; t++) {
    estimateGradient(x, oracle, pairs, memory, random, g);
    for (let p = 0; p < x.length; p++) {
      m[p] = BETA1 * m[p] + (1 - BETA1) * g[p];
      v[p] = BETA2 * v[p] + (1 - BETA2) * g[p] * g[p];
      const step = (stepSize * (m[p] / (1 - BETA1 ** t))) / (Math.sqrt(v[p] / (1 - BETA2 ** t)) + TINY);
      x[p] = clip(Math.min(clean[p] + epsilon, Math.max(clean[p] - epsilon, x[p] + step)));
    }
    memory.x.set(x);
    oracle.query(memory.x, memory.labels, 1);
    if (oracle.predictions(1)[0] !== label) return t * (2 * pairs + 1);
  }
  return iterations * (2 * pairs + 1);
}

/** Writes the estimate to g. The points are shown to the network as many at a time as there is memory for. */
function estimateGradient(
  x: Float32Array,
  oracle: Oracle,
  pairs: number,
  { x: points, labels, capacity }: AttackMemory,
  random: RandomStream,
  g: Float64Array,
): void {
  const size = x.length;
  const atOnce = Math.min(capacity, pairs);
  const signs = new Int8Array(size * atOnce);
  const difference = new Float64Array(atOnce);
  g.fill(0);
  for (let first = 0; first < pairs; first += atOnce) {
    const n = Math.min(atOnce, pairs - first);
    // Each direction draws for itself: how many fit at once must not matter.
    for (let d = 0; d < n; d++) fillSigns(signs.subarray(d * size, (d + 1) * size), random);
    for (const side of [1, -1]) {
      for (let k = 0; k < n * size; k++) points[k] = x[k % size] + side * PROBE * signs[k];
      oracle.query(points, labels, n);
      for (let d = 0; d < n; d++) difference[d] = side * oracle.losses[d] + (side < 0 ? difference[d] : 0);
    }
    for (let d = 0; d < n; d++) {
      const slope = difference[d] / (2 * PROBE * pairs);
      for (let p = 0; p < size; p++) g[p] += slope * signs[d * size + p];
    }
  }
}
