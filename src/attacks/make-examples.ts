import type { Attack, AttackMemory, AttackOptions, AttackTarget } from './attack.js';
import { beyondPixels } from './options.js';

/** An attack's own rounding may leave the ε-ball, or [0, 1], by this much. */
const ROUNDING = 1e-6;

/**
 * Runs an attack and makes its examples exact: what its rounding left outside the ε-ball or [0, 1] is moved inside.
 * Whoever counts, exports or shows examples makes them here, so that all mean the same ones, also of an attack that
 * was added.
 *
 * A pixel further out than rounding explains stays where it is: that is a fault of the attack, or asked for by
 * `project: false`.
 *
 * @param adversarial written: `[n, …]`; |x′ − x| ≤ ε for every pixel, as {@link isWithin} computes it
 */
export function makeExamples(
  attack: Attack,
  target: AttackTarget,
  options: AttackOptions,
  memory: AttackMemory,
  adversarial: Float32Array,
): void {
  attack.run(target, options, memory, adversarial);
  const length = target.n * memory.size;
  if (options.project !== false) intoBall(adversarial, target.images, length, options.epsilon);
  if (!beyondPixels(attack, options)) intoRange(adversarial, length);
}

/** |x′ − x| ≤ ε in float32, the subtraction rounded too, as NumPy computes it from float32 arrays. */
export const isWithin = (adversarial: number, clean: number, epsilon: number): boolean =>
  Math.fround(Math.abs(adversarial - clean)) <= Math.fround(epsilon);

/**
 * x + ε rounded to float32 can lie further than ε from x, by half the distance of two float32 numbers. Then the one next
 * to it on x’s side is within ε.
 */
function intoBall(adversarial: Float32Array, clean: Float32Array, length: number, epsilon: number): void {
  const radius = Math.fround(epsilon);
  for (let p = 0; p < length; p++) {
    const [made, start] = [adversarial[p], clean[p]];
    const distance = Math.fround(Math.abs(made - start));
    if (!(distance > radius) || distance - radius > ROUNDING * Math.max(1, Math.abs(start))) continue;
    const edge = Math.fround(made > start ? start + radius : start - radius);
    adversarial[p] = isWithin(edge, start, radius) ? edge : nextFloat(edge, start);
  }
}

function intoRange(adversarial: Float32Array, length: number): void {
  for (let p = 0; p < length; p++) {
    const value = adversarial[p];
    if (value < 0 && value >= -ROUNDING) adversarial[p] = 0;
    else if (value > 1 && value <= 1 + ROUNDING) adversarial[p] = 1;
  }
}

const float = new Float32Array(1);
const bits = new Int32Array(float.buffer);

/** The float32 next to `from`, which is not zero, on the way to `to`. Its bits count up with its size. */
function nextFloat(from: number, to: number): number {
  float[0] = from;
  bits[0] += from > to === from > 0 ? -1 : 1;
  return float[0];
}
