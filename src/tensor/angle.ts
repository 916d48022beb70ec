import * as check from '../check.js';
import type { FloatArray } from './tensor.js';

/**
 * The angle between two vectors in degrees, 0 to 180; undefined where one of them is zero. As 2·atan2(‖u−v‖, ‖u+v‖) of
 * the unit vectors (Kahan), which is exact where the arc cosine of their product loses half of its digits: near 0 and 180.
 * NaN where a number is NaN or infinite.
 *
 * @throws {ShapeError | TypeError} if they are not of one length, or no vectors
 */
export function angleBetween(a: FloatArray, b: FloatArray): number | undefined {
  check.floats('angleBetween', 'a', a);
  check.floats('angleBetween', 'b', b, a.length);
  const [largestOfA, largestOfB] = [largest(a), largest(b)];
  if (largestOfA === 0 || largestOfB === 0) return undefined;
  const [lengthOfA, lengthOfB] = [scaledNorm(a, largestOfA), scaledNorm(b, largestOfB)];
  let [sums, differences] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    const u = a[i] / largestOfA / lengthOfA;
    const v = b[i] / largestOfB / lengthOfB;
    sums += (u + v) * (u + v);
    differences += (u - v) * (u - v);
  }
  return (2 * Math.atan2(Math.sqrt(differences), Math.sqrt(sums)) * 180) / Math.PI;
}

/** √Σ x², in float64. */
export function norm(values: FloatArray): number {
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += values[i] * values[i];
  return Math.sqrt(squares);
}

/** Of the magnitudes. A NaN is passed over here, and then spreads from the sum of squares. */
function largest(values: FloatArray): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) if (Math.abs(values[i]) > most) most = Math.abs(values[i]);
  return most;
}

/** The norm, with the largest magnitude as the unit: a saturated network's gradients would vanish when squared. */
function scaledNorm(values: FloatArray, unit: number): number {
  let squares = 0;
  for (let i = 0; i < values.length; i++) {
    const scaled = values[i] / unit;
    squares += scaled * scaled;
  }
  return Math.sqrt(squares);
}
