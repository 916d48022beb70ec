import { loadPart, storePart, ZERO } from './vectors';

/** Computes C = A·B, or C += A·B. A `[m, k]`, B `[k, n]`, C `[m, n]`. */
export function matmul(a: usize, b: usize, c: usize, m: i32, n: i32, k: i32, accumulate: bool): void {
  inline.always(multiply(a, (<usize>k) << 2, 4, b, c, m, n, k, accumulate));
}

/** Computes C = Aᵀ·B, or C += Aᵀ·B. A `[k, m]`, B `[k, n]`, C `[m, n]`. */
export function matmulTA(a: usize, b: usize, c: usize, m: i32, n: i32, k: i32, accumulate: bool): void {
  inline.always(multiply(a, 4, (<usize>m) << 2, b, c, m, n, k, accumulate));
}

/**
 * Computes C (+)= A·B: one function for A·B and Aᵀ·B. A's rows lie `aRow` bytes apart, its columns `aColumn` bytes.
 *
 * Eight columns of B are multiplied by all rows of A, four at a time. The columns are k cache lines, which stay in the
 * first-level cache. Eight sums of four numbers stay in registers while l runs. Each step takes two vectors of B and
 * four numbers of A, copied to all lanes: 6 loads for 64 floating-point operations. (Twelve sums need more than the 15
 * registers that V8 can use, and took a third longer.)
 *
 * Every sum, in a block or at an edge, runs over l = 0 … k−1 in that order and is added to C at the end.
 */
function multiply(
  a: usize,
  aRow: usize,
  aColumn: usize,
  b: usize,
  c: usize,
  m: i32,
  n: i32,
  k: i32,
  accumulate: bool,
): void {
  const row = (<usize>n) << 2;
  let left = n;
  for (; left >= 8; left -= 8) {
    inline.always(panel(8, a, aRow, aColumn, b, c, row, m, k, accumulate));
    b += 32;
    c += 32;
  }
  if (left >= 4) {
    inline.always(panel(4, a, aRow, aColumn, b, c, row, m, k, accumulate));
    left -= 4;
    b += 16;
    c += 16;
  }
  if (left > 0) panel(left, a, aRow, aColumn, b, c, row, m, k, accumulate);
}

/** Computes all m rows of `width` columns of C: 8, 4, or the last 1, 2 or 3. */
function panel(
  width: i32,
  a: usize,
  aRow: usize,
  aColumn: usize,
  b: usize,
  c: usize,
  row: usize,
  m: i32,
  k: i32,
  accumulate: bool,
): void {
  for (; m >= 4; m -= 4) {
    inline.always(block(4, width, a, aRow, aColumn, b, c, row, k, accumulate));
    a += aRow << 2;
    c += row << 2;
  }
  if (m === 3) inline.always(block(3, width, a, aRow, aColumn, b, c, row, k, accumulate));
  else if (m === 2) inline.always(block(2, width, a, aRow, aColumn, b, c, row, k, accumulate));
  else if (m === 1) inline.always(block(1, width, a, aRow, aColumn, b, c, row, k, accumulate));
}

/**
 * Computes `rows` × `width` numbers of C. Both are constants wherever this is inlined, so that each case has its own
 * code.
 */
function block(
  rows: i32,
  width: i32,
  a0: usize,
  aRow: usize,
  aColumn: usize,
  b: usize,
  c: usize,
  row: usize,
  k: i32,
  accumulate: bool,
): void {
  const aRow2 = aRow << 1;
  const aRow3 = aRow * 3;
  let c00 = ZERO;
  let c01 = ZERO;
  let c10 = ZERO;
  let c11 = ZERO;
  let c20 = ZERO;
  let c21 = ZERO;
  let c30 = ZERO;
  let c31 = ZERO;
  for (let l = 0; l < k; l++) {
    const b0 = inline.always(read(b, width));
    const b1 = width === 8 ? v128.load(b, 16) : ZERO;
    let ai = v128.load32_splat(a0);
    c00 = f32x4.add(c00, f32x4.mul(ai, b0));
    if (width === 8) c01 = f32x4.add(c01, f32x4.mul(ai, b1));
    if (rows > 1) {
      ai = v128.load32_splat(a0 + aRow);
      c10 = f32x4.add(c10, f32x4.mul(ai, b0));
      if (width === 8) c11 = f32x4.add(c11, f32x4.mul(ai, b1));
    }
    if (rows > 2) {
      ai = v128.load32_splat(a0 + aRow2);
      c20 = f32x4.add(c20, f32x4.mul(ai, b0));
      if (width === 8) c21 = f32x4.add(c21, f32x4.mul(ai, b1));
    }
    if (rows > 3) {
      ai = v128.load32_splat(a0 + aRow3);
      c30 = f32x4.add(c30, f32x4.mul(ai, b0));
      if (width === 8) c31 = f32x4.add(c31, f32x4.mul(ai, b1));
    }
    a0 += aColumn;
    b += row;
  }
  const c1 = c + row;
  const c2 = c1 + row;
  const c3 = c2 + row;
  if (accumulate) {
    c00 = f32x4.add(inline.always(read(c, width)), c00);
    if (width === 8) c01 = f32x4.add(v128.load(c, 16), c01);
    if (rows > 1) c10 = f32x4.add(inline.always(read(c1, width)), c10);
    if (rows > 1 && width === 8) c11 = f32x4.add(v128.load(c1, 16), c11);
    if (rows > 2) c20 = f32x4.add(inline.always(read(c2, width)), c20);
    if (rows > 2 && width === 8) c21 = f32x4.add(v128.load(c2, 16), c21);
    if (rows > 3) c30 = f32x4.add(inline.always(read(c3, width)), c30);
    if (rows > 3 && width === 8) c31 = f32x4.add(v128.load(c3, 16), c31);
  }
  inline.always(write(c, c00, c01, width));
  if (rows > 1) inline.always(write(c1, c10, c11, width));
  if (rows > 2) inline.always(write(c2, c20, c21, width));
  if (rows > 3) inline.always(write(c3, c30, c31, width));
}

function read(from: usize, width: i32): v128 {
  return width >= 4 ? v128.load(from) : loadPart(from, width);
}

function write(to: usize, first: v128, second: v128, width: i32): void {
  if (width < 4) {
    storePart(to, first, width);
  } else {
    v128.store(to, first);
    if (width === 8) v128.store(to, second, 16);
  }
}
