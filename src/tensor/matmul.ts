import type { FloatArray } from './tensor.js';

/**
 * Computes C (+)= A·B for operands of any stride: one function for A·B, Aᵀ·B and A·Bᵀ. A's element (i, l) is `a[i·aRow
 * + l·aColumn]`, B's element (l, j) is `b[l·bRow + j·bColumn]`. C is row-major, `[m, n]`.
 *
 * Blocks of 4×4 outputs keep sixteen sums in registers: eight loads serve sixteen multiply-adds. In V8 this is about
 * five times as fast as three plain loops. Every sum runs over l = 0 … k−1 in that order, in a block or at the edge.
 */
export function multiply(
  a: FloatArray,
  aRow: number,
  aColumn: number,
  b: FloatArray,
  bRow: number,
  bColumn: number,
  c: FloatArray,
  m: number,
  n: number,
  k: number,
  accumulate: boolean,
): void {
  if (!accumulate) c.fill(0, 0, m * n);
  const blockRows = m - (m % 4);
  const blockColumns = n - (n % 4);
  for (let i = 0; i < blockRows; i += 4) {
    for (let j = 0; j < blockColumns; j += 4) {
      block4x4(a, i * aRow, aRow, aColumn, b, j * bColumn, bRow, bColumn, c, i * n + j, n, k);
    }
  }
  for (let i = blockRows; i < m; i += 2) {
    const rows = Math.min(2, m - i);
    for (let j = 0; j < blockColumns; j += 4) {
      block2x4(
        a,
        i * aRow,
        rows === 2 ? aRow : 0,
        aColumn,
        b,
        j * bColumn,
        bRow,
        bColumn,
        c,
        i * n + j,
        rows === 2 ? n : -1,
        k,
      );
    }
  }
  for (let i = 0; i < m; i++) {
    for (let j = blockColumns; j < n; j++) {
      let sum = 0;
      for (let l = 0; l < k; l++) sum += a[i * aRow + l * aColumn] * b[l * bRow + j * bColumn];
      c[i * n + j] += sum;
    }
  }
}

/** Adds a 4×4 block of A·B to C. Each `…Start` argument is the block's first index in that array. */
function block4x4(
  a: FloatArray,
  aStart: number,
  aRow: number,
  aColumn: number,
  b: FloatArray,
  bStart: number,
  bRow: number,
  bColumn: number,
  c: FloatArray,
  cStart: number,
  cRow: number,
  k: number,
): void {
  // biome-ignore format: laid out as the block is
  let c00 = 0, c01 = 0, c02 = 0, c03 = 0,
      c10 = 0, c11 = 0, c12 = 0, c13 = 0,
      c20 = 0, c21 = 0, c22 = 0, c23 = 0,
      c30 = 0, c31 = 0, c32 = 0, c33 = 0;
  // biome-ignore format: the current index in each row of A and each column of B
  let p0 = aStart, p1 = p0 + aRow, p2 = p1 + aRow, p3 = p2 + aRow,
      q0 = bStart, q1 = q0 + bColumn, q2 = q1 + bColumn, q3 = q2 + bColumn;
  for (let l = 0; l < k; l++) {
    const a0 = a[p0];
    const a1 = a[p1];
    const a2 = a[p2];
    const a3 = a[p3];
    let bj = b[q0];
    c00 += a0 * bj;
    c10 += a1 * bj;
    c20 += a2 * bj;
    c30 += a3 * bj;
    bj = b[q1];
    c01 += a0 * bj;
    c11 += a1 * bj;
    c21 += a2 * bj;
    c31 += a3 * bj;
    bj = b[q2];
    c02 += a0 * bj;
    c12 += a1 * bj;
    c22 += a2 * bj;
    c32 += a3 * bj;
    bj = b[q3];
    c03 += a0 * bj;
    c13 += a1 * bj;
    c23 += a2 * bj;
    c33 += a3 * bj;
    p0 += aColumn;
    p1 += aColumn;
    p2 += aColumn;
    p3 += aColumn;
    q0 += bRow;
    q1 += bRow;
    q2 += bRow;
    q3 += bRow;
  }
  let r = cStart;
  c[r] += c00;
  c[r + 1] += c01;
  c[r + 2] += c02;
  c[r + 3] += c03;
  r += cRow;
  c[r] += c10;
  c[r + 1] += c11;
  c[r + 2] += c12;
  c[r + 3] += c13;
  r += cRow;
  c[r] += c20;
  c[r + 1] += c21;
  c[r + 2] += c22;
  c[r + 3] += c23;
  r += cRow;
  c[r] += c30;
  c[r + 1] += c31;
  c[r + 2] += c32;
  c[r + 3] += c33;
}

/**
 * Adds 2×4 outputs to C, for the last rows of A when there are fewer than four. If `cRow` is −1, adds one row alone.
 */
function block2x4(
  a: FloatArray,
  aStart: number,
  aRow: number,
  aColumn: number,
  b: FloatArray,
  bStart: number,
  bRow: number,
  bColumn: number,
  c: FloatArray,
  cStart: number,
  cRow: number,
  k: number,
): void {
  // biome-ignore format: laid out as the block is
  let c00 = 0, c01 = 0, c02 = 0, c03 = 0,
      c10 = 0, c11 = 0, c12 = 0, c13 = 0;
  // biome-ignore format: the current index in each row of A and each column of B
  let p0 = aStart, p1 = p0 + aRow,
      q0 = bStart, q1 = q0 + bColumn, q2 = q1 + bColumn, q3 = q2 + bColumn;
  for (let l = 0; l < k; l++) {
    const a0 = a[p0];
    const a1 = a[p1];
    let bj = b[q0];
    c00 += a0 * bj;
    c10 += a1 * bj;
    bj = b[q1];
    c01 += a0 * bj;
    c11 += a1 * bj;
    bj = b[q2];
    c02 += a0 * bj;
    c12 += a1 * bj;
    bj = b[q3];
    c03 += a0 * bj;
    c13 += a1 * bj;
    p0 += aColumn;
    p1 += aColumn;
    q0 += bRow;
    q1 += bRow;
    q2 += bRow;
    q3 += bRow;
  }
  c[cStart] += c00;
  c[cStart + 1] += c01;
  c[cStart + 2] += c02;
  c[cStart + 3] += c03;
  if (cRow < 0) return;
  const r = cStart + cRow;
  c[r] += c10;
  c[r + 1] += c11;
  c[r + 2] += c12;
  c[r + 3] += c13;
}
