/**
 * Vectors of four float32 numbers: loads, stores and sums across lanes, for all kernels here.
 *
 * Addresses are byte addresses and need not be multiples of 16. If an array's length is no multiple of 4, its end is a
 * vector of 1, 2 or 3 numbers (`loadPart`, `storePart`). The instructions are the same as for whole vectors, so a
 * number's result never depends on its place in the array.
 */

export const ZERO = f32x4.splat(0);

/** The number of lanes in a vector. */
export const LANES = 4;
export const VECTOR_BYTES = 16;

/** Returns the `count` (1, 2 or 3) numbers at an address; the other lanes are 0. */
export function loadPart(from: usize, count: i32): v128 {
  if (count === 1) return v128.load32_zero(from);
  const pair = v128.load64_zero(from);
  return count === 2 ? pair : v128.load_lane<f32>(from, pair, 2, 8);
}

/** Stores the first `count` (1, 2 or 3) lanes. */
export function storePart(to: usize, value: v128, count: i32): void {
  if (count === 1) {
    v128.store_lane<f32>(to, value, 0);
    return;
  }
  v128.store_lane<i64>(to, value, 0);
  if (count === 3) v128.store_lane<f32>(to, value, 2, 8);
}

/** Returns sum + a·b, each lane rounded twice: fused multiply-adds would give other bits on machines that have them. */
export function multiplyAdd(sum: v128, a: v128, b: v128): v128 {
  return f32x4.add(sum, f32x4.mul(a, b));
}

/** Returns four sums: lane i is the sum of the four lanes of the i-th argument, added as (0 + 2) + (1 + 3). */
export function sumLanes(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(v128.shuffle<f32>(a, b, 0, 4, 1, 5), v128.shuffle<f32>(a, b, 2, 6, 3, 7));
  const cd = f32x4.add(v128.shuffle<f32>(c, d, 0, 4, 1, 5), v128.shuffle<f32>(c, d, 2, 6, 3, 7));
  return f32x4.add(v128.shuffle<f32>(ab, cd, 0, 1, 4, 5), v128.shuffle<f32>(ab, cd, 2, 3, 6, 7));
}
