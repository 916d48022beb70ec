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
  const u = unitVector(a);
  const v = unitVector(b);
  if (!u || !v) return undefined;
  const sum = u.map((value, i) => value + v[i]);
  const difference = u.map((value, i) => value - v[i]);
  return (2 * Math.atan2(norm(difference), norm(sum)) * 180) / Math.PI;
}

/** √Σ x², in float64. */
export function norm(values: FloatArray): number {
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += values[i] * values[i];
  return Math.sqrt(squares);
}

/** Scaled by the largest magnitude first: a saturated network's gradients would vanish when squared. */
function unitVector(values: FloatArray): Float64Array | undefined {
  let largest = 0;
  // A NaN is passed over here, and then spreads from the sum of squares.
  for (let i = 0; i < values.length; i++) if (Math.abs(values[i]) > largest) largest = Math.abs(values[i]);
  if (!(largest > 0)) return undefined;
  const scaled = Float64Array.from(values, (value) => value / largest);
  const length = norm(scaled);
  return scaled.map((value) => value / length);
}
