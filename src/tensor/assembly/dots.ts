import { loadPart, storePart, sumLanes, ZERO } from './vectors';

/**
 * Computes C = A·Bᵀ, or C += A·Bᵀ. A `[m, k]`, B `[n, k]`, C `[m, n]`: every number of C is the dot product of two
 * rows.
 *
 * Four rows of B, which then stay in the first-level cache, are multiplied by all rows of A, two at a time. Each sum is
 * kept as four, one per lane: lane i adds the products l = i, i + 4, i + 8, … in that order. At the end the lanes are
 * added as (0 + 2) + (1 + 3). At an edge there are fewer sums, added in the same order.
 */
export function matmulTB(a: usize, b: usize, c: usize, m: i32, n: i32, k: i32, accumulate: bool): void {
  const row = (<usize>k) << 2;
  const cRow = (<usize>n) << 2;
  for (let left = n; left > 0; ) {
    // With one or two rows of B, the processor mostly waits for its additions: 9 rows are 3 + 3 + 3, not 4 + 4 + 1.
    const width = left === 3 || left === 6 || left === 9 ? 3 : min(left, 4);
    if (width === 4) inline.always(panel(4, a, b, c, row, cRow, m, k, accumulate));
    else if (width === 3) inline.always(panel(3, a, b, c, row, cRow, m, k, accumulate));
    else if (width === 2) inline.always(panel(2, a, b, c, row, cRow, m, k, accumulate));
    else inline.always(panel(1, a, b, c, row, cRow, m, k, accumulate));
    left -= width;
    b += row * width;
    c += (<usize>width) << 2;
  }
}

/** Computes all m rows of `width` (1 to 4) columns of C. */
function panel(
  width: i32,
  a: usize,
  b: usize,
  c: usize,
  row: usize,
  cRow: usize,
  m: i32,
  k: i32,
  accumulate: bool,
): void {
  for (; m >= 2; m -= 2) {
    inline.always(block(2, width, a, b, c, row, cRow, k, accumulate));
    a += row << 1;
    c += cRow << 1;
  }
  if (m === 1) inline.always(block(1, width, a, b, c, row, cRow, k, accumulate));
}

/**
 * Computes `rows` × `width` numbers of C. Both are constants wherever this is inlined, so that each case has its own
 * code.
 */
function block(
  rows: i32,
  width: i32,
  a0: usize,
  b0: usize,
  c: usize,
  row: usize,
  cRow: usize,
  k: i32,
  accumulate: bool,
): void {
  let a1 = a0 + row;
  let b1 = b0 + row;
  let b2 = b1 + row;
  let b3 = b2 + row;
  let c00 = ZERO;
  let c01 = ZERO;
  let c02 = ZERO;
  let c03 = ZERO;
  let c10 = ZERO;
  let c11 = ZERO;
  let c12 = ZERO;
  let c13 = ZERO;
  for (let l = 0; l + 4 <= k; l += 4) {
    const x0 = v128.load(a0);
    const x1 = rows === 2 ? v128.load(a1) : ZERO;
    let bj = v128.load(b0);
    c00 = f32x4.add(c00, f32x4.mul(x0, bj));
    if (rows === 2) c10 = f32x4.add(c10, f32x4.mul(x1, bj));
    if (width > 1) {
      bj = v128.load(b1);
      c01 = f32x4.add(c01, f32x4.mul(x0, bj));
      if (rows === 2) c11 = f32x4.add(c11, f32x4.mul(x1, bj));
    }
    if (width > 2) {
      bj = v128.load(b2);
      c02 = f32x4.add(c02, f32x4.mul(x0, bj));
      if (rows === 2) c12 = f32x4.add(c12, f32x4.mul(x1, bj));
    }
    if (width > 3) {
      bj = v128.load(b3);
      c03 = f32x4.add(c03, f32x4.mul(x0, bj));
      if (rows === 2) c13 = f32x4.add(c13, f32x4.mul(x1, bj));
    }
    a0 += 16;
    a1 += 16;
    b0 += 16;
    b1 += 16;
    b2 += 16;
    b3 += 16;
  }
  const rest = k & 3;
  if (rest > 0) {
    const x0 = loadPart(a0, rest);
    const x1 = rows === 2 ? loadPart(a1, rest) : ZERO;
    c00 = f32x4.add(c00, f32x4.mul(x0, loadPart(b0, rest)));
    if (rows === 2) c10 = f32x4.add(c10, f32x4.mul(x1, loadPart(b0, rest)));
    if (width > 1) c01 = f32x4.add(c01, f32x4.mul(x0, loadPart(b1, rest)));
    if (rows === 2 && width > 1) c11 = f32x4.add(c11, f32x4.mul(x1, loadPart(b1, rest)));
    if (width > 2) c02 = f32x4.add(c02, f32x4.mul(x0, loadPart(b2, rest)));
    if (rows === 2 && width > 2) c12 = f32x4.add(c12, f32x4.mul(x1, loadPart(b2, rest)));
    if (width > 3) c03 = f32x4.add(c03, f32x4.mul(x0, loadPart(b3, rest)));
    if (rows === 2 && width > 3) c13 = f32x4.add(c13, f32x4.mul(x1, loadPart(b3, rest)));
  }
  inline.always(put(c, sumLanes(c00, c01, c02, c03), width, accumulate));
  if (rows === 2) inline.always(put(c + cRow, sumLanes(c10, c11, c12, c13), width, accumulate));
}

/** Stores one row of a block, or adds it to C. */
function put(c: usize, sums: v128, width: i32, accumulate: bool): void {
  if (width < 4) storePart(c, accumulate ? f32x4.add(loadPart(c, width), sums) : sums, width);
  else v128.store(c, accumulate ? f32x4.add(v128.load(c), sums) : sums);
}
