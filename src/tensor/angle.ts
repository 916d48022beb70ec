import * as check from '../check.js';
import type { FloatArray } from './tensor.js';

/**
 * Returns the angle between two vectors in degrees, 0 to 180: 2·atan2(‖u − v‖, ‖u + v‖) of their unit vectors u and v
 * (Kahan 2006, "How futile are mindless assessments of roundoff"). Near 0 and 180 degrees, the arc cosine of u·v would
 * lose half of the digits; this formula keeps them.
 *
 * @param a n numbers
 * @param b n numbers
 * @returns the angle; undefined if a vector is zero; NaN if a number is NaN or infinite
 * @throws {TypeError} if an argument is not a Float32Array or a Float64Array
 * @throws {ShapeError} if the lengths differ
 * @example
 * ```ts
 * angleBetween(Float32Array.of(1, 0), Float32Array.of(0, 2)); // 90
 * ```
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

/** Returns the L2 norm √Σ x², computed in float64. */
export function norm(values: FloatArray): number {
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += values[i] * values[i];
  return Math.sqrt(squares);
}

/** Returns the largest |x|. It skips NaN, which then spreads through the sum of squares instead. */
function largest(values: FloatArray): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) if (Math.abs(values[i]) > most) most = Math.abs(values[i]);
  return most;
}

/**
 * Returns the norm in units of the largest magnitude: the squares of a saturated network's gradients would underflow.
 */
function scaledNorm(values: FloatArray, unit: number): number {
  let squares = 0;
  for (let i = 0; i < values.length; i++) {
    const scaled = values[i] / unit;
    squares += scaled * scaled;
  }
  return Math.sqrt(squares);
}
