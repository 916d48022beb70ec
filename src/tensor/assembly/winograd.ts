/**
 * 3×3 convolutions of stride 1 by Winograd's minimal filtering, F(4×4, 3×3) (Lavin & Gray 2016). A tile of 4×4 outputs
 * y comes from the 6×6 inputs d under it and the filter g:
 *
 *   y = Aᵀ[(G g Gᵀ) ⊙ (Bᵀ d B)]A
 *
 * It takes 36 products where the direct sum takes 144. The products of each of the 36 points, summed over the inputs,
 * are a matrix product of transformed filters and transformed tiles. Four images lie in four lanes (lanes.ts), so the
 * transforms are additions of whole vectors.
 *
 * Arithmetic limits the speed. The matrix products do 93 % of the additions and multiplications with 64 channels, 78 %
 * with 16. With few channels, the loads and stores of transforms and packing take as much time. Memory doesn't limit
 * the speed: a block of tiles and its products stay in the second-level cache, one point of them in the first. All
 * filters are read from the second level, eight bytes for sixteen operations on vectors. One call computes all images
 * of a pass and transforms the filters once.
 */
import { GROUP, imagesInGroup, packInto, unpackFrom } from './lanes';
import { multiplyAdd, ZERO } from './vectors';
import {
  columns,
  double,
  eightfold,
  filters,
  fourfold,
  halfway,
  height,
  inputBytes,
  inputOfTile,
  inputPlane,
  inputs,
  nextFilters,
  nextProducts,
  nextTransformed,
  outHeight,
  outputBytes,
  outputOfTile,
  outputPlane,
  outputRow,
  outputs,
  outWidth,
  POINTS,
  packed,
  packedOutput,
  padding,
  pairs,
  products,
  rows,
  SIDE,
  TILE,
  TILES,
  tiles,
  transformed,
  transformInput,
  width,
} from './winograd-tiles';

/**
 * Computes y = weight ∗ x + bias, as convForward does.
 *
 * @param x `[n, inputs, height, width]`
 * @param weight `[outputs, inputs, 3, 3]`
 * @param bias `[outputs]`
 * @param y written: `[n, outputs, outHeight, outWidth]`
 */
export function winogradForward(x: usize, weight: usize, bias: usize, y: usize, n: i32): void {
  transformFilters(weight, false);
  correlate(x, bias, y, n);
}

/**
 * Computes dx, as convBackwardInput does. Here the errors are the inputs, and each filter is turned by 180°.
 *
 * @param dy `[n, inputs, height, width]`
 * @param carrier in the place of the weights: W or B, `[inputs, outputs, 3, 3]`
 * @param dx written: `[n, outputs, outHeight, outWidth]`
 */
export function winogradBackwardInput(dy: usize, carrier: usize, dx: usize, n: i32): void {
  transformFilters(carrier, true);
  correlate(dy, 0, dx, n);
}

/**
 * Computes G g Gᵀ of all filters g, `[outputs, inputs]` of them; if `turned`, of `[inputs, outputs]`, turned by 180°.
 *
 * ```
 *       ⎡ ¼    0    0 ⎤
 *       ⎢−⅙   −⅙   −⅙ ⎥
 *   G = ⎢−⅙    ⅙   −⅙ ⎥
 *       ⎢1/24 1/12  ⅙ ⎥
 *       ⎢1/24 −1/12 ⅙ ⎥
 *       ⎣ 0    0    1 ⎦
 * ```
 *
 * Blocks need a pair of outputs side by side, input after input. So the four lanes hold the filters of two outputs and
 * two inputs. Behind an odd last filter stands a copy of it that is never used, or that the next pair overwrites.
 */
function transformFilters(from: usize, turned: bool): void {
  const nextOutput: usize = turned ? 36 : <usize>inputs * 36;
  const nextInput: usize = turned ? <usize>outputs * 36 : 36;
  let to = filters;
  for (let o = 0; o < outputs; o += 2) {
    const second = o + 1 < outputs ? nextOutput : 0;
    let g = from + nextOutput * o;
    for (let i = 0; i < inputs; i += 2) {
      const other = g + (i + 1 < inputs ? nextInput : 0);
      fourFilters(g, g + second, other, other + second, turned, to + ((<usize>i) << 3));
      g += nextInput << 1;
    }
    to += (<usize>inputs) << 3;
  }
}

function fourFilters(a: usize, b: usize, c: usize, d: usize, turned: bool, to: usize): void {
  const step: usize = turned ? 0 - 4 : 4;
  let tap: usize = turned ? 32 : 0; // from the first row's first number to the last row's last one
  for (let x: usize = 0; x < 3 << 4; x += 16) {
    const g0 = lanes(a + tap, b + tap, c + tap, d + tap);
    const g1 = lanes(a + tap + 3 * step, b + tap + 3 * step, c + tap + 3 * step, d + tap + 3 * step);
    const g2 = lanes(a + tap + 6 * step, b + tap + 6 * step, c + tap + 6 * step, d + tap + 6 * step);
    inline.always(timesG(halfway + x, 3 << 4, g0, g1, g2));
    tap += step;
  }
  for (let row = halfway; row < halfway + ((SIDE * 3) << 4); row += 3 << 4) {
    inline.always(timesG(to, nextFilters, v128.load(row), v128.load(row, 16), v128.load(row, 32)));
    to += nextFilters * SIDE;
  }
}

function lanes(a: usize, b: usize, c: usize, d: usize): v128 {
  const first = v128.load_lane<f32>(b, v128.load32_zero(a), 1);
  return v128.load_lane<f32>(d, v128.load_lane<f32>(c, first, 2), 3);
}

/** Stores G times a column; the results are `next` bytes apart. */
function timesG(to: usize, next: usize, g0: v128, g1: v128, g2: v128): void {
  const sixth = f32x4.splat(<f32>-1 / 6);
  const part = f32x4.splat(<f32>1 / 24);
  const ends = f32x4.add(g0, g2);
  const ends4 = f32x4.add(g0, fourfold(g2));
  const middle = double(g1);
  v128.store(to, f32x4.mul(f32x4.splat(0.25), g0));
  v128.store(to + next, f32x4.mul(sixth, f32x4.add(ends, g1)));
  v128.store(to + (next << 1), f32x4.mul(sixth, f32x4.sub(ends, g1)));
  v128.store(to + next * 3, f32x4.mul(part, f32x4.add(ends4, middle)));
  v128.store(to + (next << 2), f32x4.mul(part, f32x4.sub(ends4, middle)));
  v128.store(to + next * 5, g2);
}

/** Correlates n images with the transformed filters; adds no bias if its address is 0. */
function correlate(from: usize, bias: usize, to: usize, n: i32): void {
  for (let first = 0; first < n; first += GROUP) {
    const images = imagesInGroup(n, first);
    packInto(from, inputBytes, images, packed, inputs, height, width, padding, rows + 2, columns + 2);
    for (let tile = 0; tile < tiles; tile += TILES) block(tile, min(TILES, tiles - tile), bias);
    unpackFrom(packedOutput, to, outputBytes, images, outputs, outHeight, outWidth, 0, rows, columns);
    from += inputBytes << 2;
    to += outputBytes << 2;
  }
}

/**
 * Computes all outputs of `count` (1 to 4) tiles. With fewer than four, the other products use old data and are
 * ignored.
 */
function block(tile: i32, count: i32, bias: usize): void {
  let at = transformed;
  let plane = packed;
  for (let i = 0; i < inputs; i++) {
    for (let t = 0; t < count; t++) transformInput(plane + inputOfTile(tile + t), at + ((<usize>t) << 4));
    plane += inputPlane;
    at += TILES << 4;
  }
  for (let point: usize = 0; point < POINTS; point++) {
    let filter = filters + nextFilters * point;
    let to = products + nextProducts * point;
    for (let pair = pairs; pair > 0; pair--) {
      inline.always(multiply(filter, transformed + nextTransformed * point, to));
      filter += (<usize>inputs) << 3;
      to += (2 * TILES) << 4;
    }
  }
  plane = packedOutput;
  at = products;
  for (let o = 0; o < outputs; o++) {
    const b = bias === 0 ? ZERO : v128.load32_splat(bias + ((<usize>o) << 2));
    for (let t = 0; t < count; t++) transformOutput(at + ((<usize>t) << 4), b, plane + outputOfTile(tile + t));
    plane += outputPlane;
    at += TILES << 4;
  }
}

/** Computes one point's products of two filters and four tiles, added over the inputs in order. */
function multiply(filter: usize, from: usize, to: usize): void {
  let c00 = ZERO;
  let c01 = ZERO;
  let c02 = ZERO;
  let c03 = ZERO;
  let c10 = ZERO;
  let c11 = ZERO;
  let c12 = ZERO;
  let c13 = ZERO;
  for (let i = inputs; i > 0; i--) {
    const p0 = v128.load(from);
    const p1 = v128.load(from, 16);
    const p2 = v128.load(from, 32);
    const p3 = v128.load(from, 48);
    let weight = v128.load32_splat(filter);
    c00 = multiplyAdd(c00, weight, p0);
    c01 = multiplyAdd(c01, weight, p1);
    c02 = multiplyAdd(c02, weight, p2);
    c03 = multiplyAdd(c03, weight, p3);
    weight = v128.load32_splat(filter, 4);
    c10 = multiplyAdd(c10, weight, p0);
    c11 = multiplyAdd(c11, weight, p1);
    c12 = multiplyAdd(c12, weight, p2);
    c13 = multiplyAdd(c13, weight, p3);
    from += 64;
    filter += 8;
  }
  v128.store(to, c00);
  v128.store(to, c01, 16);
  v128.store(to, c02, 32);
  v128.store(to, c03, 48);
  v128.store(to, c10, 64);
  v128.store(to, c11, 80);
  v128.store(to, c12, 96);
  v128.store(to, c13, 112);
}

/**
 * Computes Aᵀ m A + bias of the points m of one tile and output:
 *
 * ```
 *        ⎡1  1  1  1  1  0⎤
 *   Aᵀ = ⎢0  1 −1  2 −2  0⎥
 *        ⎢0  1  1  4  4  0⎥
 *        ⎣0  1 −1  8 −8  1⎦
 * ```
 *
 * Aᵀ's second column is ones: adding the bias to the point of the second row and column adds it to every output.
 */
function transformOutput(from: usize, bias: v128, to: usize): void {
  const next = nextProducts;
  const nextRow = next * SIDE;
  for (let x: usize = 0; x < SIDE << 4; x += 16) {
    const m1 = v128.load(from + nextRow);
    const m2 = v128.load(from + nextRow * 2);
    const m3 = v128.load(from + nextRow * 3);
    const m4 = v128.load(from + nextRow * 4);
    const m5 = v128.load(from + nextRow * 5);
    const b = x === 16 ? f32x4.add(m1, bias) : m1;
    inline.always(timesA(halfway + x, SIDE << 4, v128.load(from), b, m2, m3, m4, m5));
    from += next;
  }
  for (let row = halfway; row < halfway + ((TILE * SIDE) << 4); row += SIDE << 4) {
    const m0 = v128.load(row);
    const m1 = v128.load(row, 16);
    const m2 = v128.load(row, 32);
    const m3 = v128.load(row, 48);
    const m4 = v128.load(row, 64);
    const m5 = v128.load(row, 80);
    inline.always(timesA(to, 16, m0, m1, m2, m3, m4, m5));
    to += outputRow;
  }
}

/** Stores Aᵀ times a column; the results are `next` bytes apart. */
function timesA(to: usize, next: usize, m0: v128, m1: v128, m2: v128, m3: v128, m4: v128, m5: v128): void {
  const ones = f32x4.add(m1, m2);
  const onesApart = f32x4.sub(m1, m2);
  const twos = f32x4.add(m3, m4);
  const twosApart = f32x4.sub(m3, m4);
  v128.store(to, f32x4.add(f32x4.add(m0, ones), twos));
  v128.store(to + next, f32x4.add(onesApart, double(twosApart)));
  v128.store(to + (next << 1), f32x4.add(ones, fourfold(twos)));
  v128.store(to + next * 3, f32x4.add(f32x4.add(onesApart, eightfold(twosApart)), m5));
}
