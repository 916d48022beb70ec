import { margin } from '../losses/margin.js';
import type { ClassIndices } from '../tensor/class-indices.js';
import type { Attack, AttackMemory } from './attack.js';
import { isZero } from './linf.js';
import { clip } from './random-start.js';
import { aimsOf, roundsOf, type TargetedOracle, targetedOracleOf } from './targets.js';
import { WorkingSet } from './working-set.js';

const ITERATIONS = 100;
/** η: how far beyond the boundary a step goes. */
const OVERSHOOT = 1.05;
/** β: how much of the way from the clean image is kept once the boundary is crossed. */
const BACK = 0.9;
/** α_max: the largest weight of the step from the clean image. */
const MOST_FROM_CLEAN = 0.1;
/** Against two distances of zero. */
const TINY = 1e-8;

/**
 * The fast adaptive boundary attack (Croce & Hein 2020, Algorithm 1), towards one other class after another as in
 * AutoAttack. It looks for the nearest adversarial example whatever ε is: where z_t − z_y is linear, the decision
 * boundary is the hyperplane ∇(z_t − z_y)·(z − x) = z_y − z_t; d(x) leads from x to its nearest point in [0, 1]. With x₀
 * the clean image:
 *
 *   x ← clip((1 − α)(x + η·d(x)) + α(x₀ + η·d(x₀))),  α = min(‖d(x)‖ / (‖d(x)‖ + ‖d(x₀)‖), α_max)
 *
 * and where that is misclassified, x ← (1 − β)x₀ + βx, from where it goes on to look for a nearer one. An image leaves
 * with the first example that is within ε; one that has none keeps its clean image. Of `margin` alone the losses are
 * differences of logits, so that the oracle must be of that.
 */
export const fab: Attack<'differences'> = {
  title: 'fast adaptive boundary attack, towards each of the likeliest other classes in turn',
  label: 'FAB',
  needs: 'differences',
  defaultIterations: ITERATIONS,
  most({ iterations = ITERATIONS, targets }, classes) {
    const steps = roundsOf(classes, targets) * iterations;
    return { gradients: steps, forwards: 1 + steps };
  },
  maximises: () => margin,
  run(target, { epsilon, iterations = ITERATIONS, targets }, memory, adversarial) {
    const { images, n } = target;
    const { x, clean, labels, index, size, queries } = memory;
    const oracle = targetedOracleOf(target, fab);
    const { right, rounds } = aimsOf(target, oracle, targets);
    const left = [...right];
    const aims = new Uint16Array(memory.capacity);
    const set = new WorkingSet(memory, [{ data: aims, size: 1 }]);
    queries.fill(1, 0, n);
    adversarial.set(images.subarray(0, n * size));
    for (const round of rounds) {
      set.fill(target, (i) => left[i]);
      for (let i = 0; i < set.n; i++) aims[i] = round[index[i]];
      for (let step = 0; step < iterations && set.n > 0; step++) {
        const gradient = oracle.toward(x, labels, aims, set.n);
        if (step === 0) checkDifferences(oracle, memory.labels, aims, set.n);
        for (let i = set.n - 1; i >= 0; i--) {
          queries[index[i]]++;
          if (isZero(gradient, i * size, (i + 1) * size))
            set.remove(i); // there is no way from here
          else stepAcross(memory, gradient, oracle.losses[i], i);
        }
        if (set.n === 0) break;
        oracle.query(x, labels, set.n);
        const predictions = oracle.predictions(set.n);
        for (let i = set.n - 1; i >= 0; i--) {
          queries[index[i]]++;
          const [from, to] = [i * size, (i + 1) * size];
          if (predictions[i] === labels[i]) continue;
          if (distance(x, clean, from, to) <= epsilon) {
            left[index[i]] = false;
            set.save(x, i, adversarial);
            set.remove(i);
            continue;
          }
          for (let p = from; p < to; p++) x[p] = clean[p] + BACK * (x[p] - clean[p]);
        }
      }
    }
  },
};

/** @throws {TypeError} if the oracle's losses are no differences of logits: those of any loss but the margin */
function checkDifferences(
  { logits, losses, classes }: TargetedOracle,
  labels: ClassIndices,
  aims: ClassIndices,
  n: number,
): void {
  for (let i = 0; i < n; i++) {
    const difference = logits[i * classes + aims[i]] - logits[i * classes + labels[i]];
    if (!(Math.abs(losses[i] - difference) > 1e-3 * Math.max(1, Math.abs(difference)))) continue;
    throw new TypeError(
      `FAB: the loss is ${losses[i]} where the logits differ by ${difference}; give an oracle of losses.margin`,
    );
  }
}

/** One step of image i, whose z_t − z_y is `difference` and has this gradient. */
function stepAcross({ x, clean, size }: AttackMemory, gradient: Float32Array, difference: number, i: number): void {
  const [from, to] = [i * size, (i + 1) * size];
  let gained = 0; // by how much z_t − z_y is over that of the clean image, were it linear
  for (let p = from; p < to; p++) gained += gradient[p] * (x[p] - clean[p]);
  const here = reachOf(x, gradient, from, to, -difference);
  const there = reachOf(clean, gradient, from, to, gained - difference);
  const [own, other] = [Math.max(Math.abs(here), TINY), Math.max(Math.abs(there), TINY)];
  const alpha = Math.min(own / (own + other), MOST_FROM_CLEAN);
  for (let p = from; p < to; p++) {
    const ownStep = moved(x[p], gradient[p], here) - x[p];
    const otherStep = moved(clean[p], gradient[p], there) - clean[p];
    x[p] = clip((1 - alpha) * (x[p] + OVERSHOOT * ownStep) + alpha * (clean[p] + OVERSHOOT * otherStep));
  }
}

/** Where a pixel goes if each may go `reach` uphill of its slope (downhill, where that is negative), and not beyond [0, 1]. */
const moved = (pixel: number, slope: number, reach: number): number =>
  slope === 0 ? pixel : clip(pixel + Math.sign(slope) * reach);

/**
 * How far the pixels `[from, to)` must go, each along its slope and none beyond [0, 1], for g·(z − x) to come to `gain`:
 * the L∞ distance of the hyperplane. φ(λ) = Σ|g_p|·min(λ, room_p) grows ever more slowly, so that Newton's steps from 0
 * stay below the λ sought, and end at it after at most as many as there are different rooms. 1 where it can't be reached.
 */
export function reachOf(x: Float32Array, g: Float32Array, from: number, to: number, gain: number): number {
  const way = Math.sign(gain);
  let reach = 0;
  while (true) {
    let reached = 0;
    let slope = 0;
    for (let p = from; p < to; p++) {
      const up = g[p] * way > 0;
      const room = g[p] === 0 ? 0 : up ? 1 - x[p] : x[p];
      const steep = Math.abs(g[p]);
      if (room > reach) slope += steep;
      reached += steep * Math.min(reach, room);
    }
    const missing = Math.abs(gain) - reached;
    if (!(missing > 1e-12 * Math.abs(gain))) return way * reach;
    if (slope === 0) return way; // every pixel is at its wall
    const next = reach + missing / slope;
    if (!(next > reach)) return way * reach; // no further in this precision
    reach = next;
  }
}

/** The largest difference of two images' pixels. */
function distance(x: Float32Array, clean: Float32Array, from: number, to: number): number {
  let most = 0;
  for (let p = from; p < to; p++) most = Math.max(most, Math.abs(x[p] - clean[p]));
  return most;
}
