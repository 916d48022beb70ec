import type { ClassIndices } from '../tensor/class-indices.js';
import type { RandomStream } from '../tensor/random.js';
import {
  type Attack,
  type AttackMemory,
  type AttackOptions,
  type AttackTarget,
  type GradientFunction,
  type Oracle,
  oracleOf,
  randomOf,
} from './attack.js';
import { isZero } from './linf.js';
import { clip } from './random-start.js';
import { WorkingSet } from './working-set.js';

const ITERATIONS = 100;
/** α, the weight of a step against the one before it. */
const MOMENTUM = 0.75;
/** ρ: the step is halved where fewer than this share of the steps since the last checkpoint raised the loss. */
const ENOUGH_RISES = 0.75;

/**
 * Auto-PGD (Croce & Hein 2020, Algorithm 1), for any loss: gradient ascent with momentum in steps of 2ε, which at
 * checkpoints are halved for every image whose loss has stopped rising; it then goes on from its best point. Every
 * image has a step size, a best point and a history of its own.
 *
 * An image leaves at the first point that fools the network. Otherwise its best point over all restarts is its example.
 */
export const apgd: Attack<'oracle'> = {
  title: 'auto-PGD: projected gradient descent that chooses its own steps',
  label: 'APGD',
  needs: 'oracle',
  defaultIterations: ITERATIONS,
  most: ({ iterations = ITERATIONS, restarts = 1 }) => ({ gradients: restarts * (iterations + 1), forwards: 0 }),
  run(target, options, memory, adversarial) {
    const fooled = new Uint8Array(target.n);
    const bestLoss = new Float64Array(target.n).fill(Number.NEGATIVE_INFINITY);
    memory.queries.fill(0, 0, target.n);
    adversarial.set(target.images.subarray(0, target.n * memory.size));
    const random = (restart: number) => (i: number) => randomOf(target, i, apgd).split(restart);
    for (let restart = 0; restart < (options.restarts ?? 1); restart++) {
      climb(target, options, random(restart), memory, { adversarial, fooled, bestLoss });
    }
  },
};

/** What the climbs have found so far, by the image's place in the caller's batch. */
export interface Found {
  readonly adversarial: Float32Array;
  readonly fooled: Uint8Array;
  readonly bestLoss: Float64Array;
}

/** The images under way, with what each remembers. All move together when one is taken out. */
interface Climbers {
  readonly set: WorkingSet;
  readonly before: Float32Array;
  readonly best: Float32Array;
  readonly gradient: Float32Array;
  readonly bestGradient: Float32Array;
  readonly step: Float64Array;
  readonly loss: Float64Array;
  readonly bestLoss: Float64Array;
  readonly bestAtCheckpoint: Float64Array;
  /** Steps since the last checkpoint that raised the loss. */
  readonly rises: Int32Array;
  readonly halvedAtCheckpoint: Uint8Array;
  /** The class that it is drawn towards, if it is towards one. */
  readonly targets: ClassIndices;
}

/**
 * One run from one random start, on the images that are not fooled yet.
 *
 * @param random the numbers that decide image i's start
 * @param targets the class that each image of the batch is drawn towards; away from its own if there are none
 */
export function climb(
  target: AttackTarget,
  options: AttackOptions,
  random: (i: number) => RandomStream,
  memory: AttackMemory,
  found: Found,
  targets?: ClassIndices,
): void {
  const { epsilon, iterations = ITERATIONS } = options;
  const climbers = newClimbers(memory, epsilon);
  const { set } = climbers;
  set.fill(target, (i) => !found.fooled[i]);
  if (targets) for (let i = 0; i < set.n; i++) climbers.targets[i] = targets[memory.index[i]];
  begin(epsilon, random, memory, climbers);
  const oracle = oracleOf(target, apgd);
  const { toward } = oracle;
  const ask = toward && targets ? (x: Float32Array, y: ClassIndices, n: number) => toward(x, y, climbers.targets, n) : oracle.gradient; // biome-ignore format: one line
  look(oracle, ask, memory, climbers, found, true);

  const checkpoints = checkpointsOf(iterations);
  let last = 0;
  for (let k = 1; k <= iterations && set.n > 0; k++) {
    move(memory, climbers, epsilon, k === 1 ? 1 : MOMENTUM);
    look(oracle, ask, memory, climbers, found, false);
    if (!checkpoints.includes(k)) continue;
    adjust(memory, climbers, k - last);
    last = k;
  }
  for (let i = 0; i < set.n; i++) settle(memory, climbers, found, i);
}

function newClimbers(memory: AttackMemory, epsilon: number): Climbers {
  const { capacity, size, direction } = memory;
  const float64 = () => new Float64Array(capacity);
  const images = { before: memory.extra('before'), best: memory.extra('best'), gradient: direction };
  const state = {
    ...images,
    bestGradient: memory.extra('best gradient'),
    step: float64().fill(2 * epsilon),
    loss: float64(),
    bestLoss: float64(),
    bestAtCheckpoint: float64(),
    rises: new Int32Array(capacity),
    halvedAtCheckpoint: new Uint8Array(capacity),
    targets: new Uint16Array(capacity),
  };
  const columns = Object.values(state).map((data) => ({ data, size: data instanceof Float32Array ? size : 1 }));
  return { ...state, set: new WorkingSet(memory, columns) };
}

/** The start, as the authors draw it: uniform in the cube, then stretched until its largest coordinate is ε. */
function begin(
  epsilon: number,
  randomOfImage: (i: number) => RandomStream,
  { x, index, size }: AttackMemory,
  { set, before, halvedAtCheckpoint }: Climbers,
): void {
  const noise = new Float64Array(size);
  for (let i = 0; i < set.n; i++) {
    const random = randomOfImage(index[i]);
    let largest = 0;
    for (let p = 0; p < size; p++) {
      noise[p] = 2 * random.uniform() - 1;
      largest = Math.max(largest, Math.abs(noise[p]));
    }
    for (let p = 0; p < size; p++) x[i * size + p] = clip(x[i * size + p] + (epsilon * noise[p]) / largest);
  }
  before.set(x.subarray(0, set.n * size));
  halvedAtCheckpoint.fill(1); // the first checkpoint halves for want of rises alone, as in the authors' code
}

/** Loss and gradient at x: keeps the best point, and lets go of images that are fooled. */
function look(
  oracle: Oracle,
  ask: GradientFunction,
  memory: AttackMemory,
  climbers: Climbers,
  found: Found,
  atStart: boolean,
): void {
  const { x, labels, index, size, queries } = memory;
  const { set, gradient, best, bestGradient, loss, bestLoss, bestAtCheckpoint, rises } = climbers;
  gradient.set(ask(x, labels, set.n).subarray(0, set.n * size));
  const predictions = oracle.predictions(set.n);
  for (let i = set.n - 1; i >= 0; i--) {
    queries[index[i]]++;
    const now = oracle.losses[i];
    if (!atStart && now > loss[i]) rises[i]++;
    if (atStart || now > bestLoss[i]) {
      bestLoss[i] = now;
      copyImage(x, best, i, size);
      copyImage(gradient, bestGradient, i, size);
    }
    if (atStart) bestAtCheckpoint[i] = now;
    loss[i] = now;
    if (predictions[i] !== labels[i]) {
      found.fooled[index[i]] = 1;
      set.save(x, i, found.adversarial);
      set.remove(i);
    } else if (atStart && isZero(gradient, i * size, (i + 1) * size)) {
      settle(memory, climbers, found, i); // it would never move
      set.remove(i);
    }
  }
}

/** z = P(x + η·sign(∇J)); x ← P(x + α·(z − x) + (1 − α)·(x − x_before)), P the projection to the ε-ball and [0, 1]. */
function move(
  { x, clean, size }: AttackMemory,
  { set, before, gradient, step }: Climbers,
  epsilon: number,
  alpha: number,
): void {
  for (let i = 0; i < set.n; i++) {
    const eta = step[i];
    for (let p = i * size; p < (i + 1) * size; p++) {
      const low = Math.max(0, clean[p] - epsilon);
      const high = Math.min(1, clean[p] + epsilon);
      const here = x[p];
      const slope = gradient[p];
      const z = slope > 0 ? Math.min(high, here + eta) : slope < 0 ? Math.max(low, here - eta) : here;
      const next = here + alpha * (z - here) + (1 - alpha) * (here - before[p]);
      before[p] = here;
      x[p] = Math.min(high, Math.max(low, next));
    }
  }
}

/**
 * A checkpoint: an image's step is halved, and it goes back to its best point, if too few steps raised its loss, or if
 * neither the step nor the best loss has changed since the last checkpoint.
 */
function adjust({ x, size }: AttackMemory, climbers: Climbers, steps: number): void {
  const { set, best, gradient, bestGradient, step, bestLoss, bestAtCheckpoint, rises, halvedAtCheckpoint } = climbers;
  for (let i = 0; i < set.n; i++) {
    const oscillates = rises[i] <= ENOUGH_RISES * steps;
    const stuck = halvedAtCheckpoint[i] === 0 && bestAtCheckpoint[i] >= bestLoss[i];
    halvedAtCheckpoint[i] = oscillates || stuck ? 1 : 0;
    bestAtCheckpoint[i] = bestLoss[i];
    rises[i] = 0;
    if (!halvedAtCheckpoint[i]) continue;
    step[i] /= 2;
    copyImage(best, x, i, size);
    copyImage(bestGradient, gradient, i, size);
  }
}

/** Makes the image's best point its example, if no restart has found a better one. */
function settle({ index }: AttackMemory, { set, best, bestLoss }: Climbers, found: Found, i: number): void {
  if (!(bestLoss[i] > found.bestLoss[index[i]])) return;
  found.bestLoss[index[i]] = bestLoss[i];
  set.save(best, i, found.adversarial);
}

/**
 * The iterations after which steps are adjusted: w_j = ⌈p_j·N⌉ with p₀ = 0, p₁ = 0.22 and
 * p_{j+1} = p_j + max(p_j − p_{j−1} − 0.03, 0.06).
 */
export function checkpointsOf(iterations: number): number[] {
  const checkpoints: number[] = [];
  for (let [before, p] = [0, 0.22]; p <= 1; [before, p] = [p, p + Math.max(p - before - 0.03, 0.06)]) {
    const w = Math.ceil(p * iterations - 1e-9); // 0.22·100 is a little over 22 in floating point
    if (w !== checkpoints.at(-1)) checkpoints.push(w);
  }
  return checkpoints;
}

function copyImage(from: Float32Array, to: Float32Array, i: number, size: number): void {
  to.set(from.subarray(i * size, (i + 1) * size), i * size);
}
