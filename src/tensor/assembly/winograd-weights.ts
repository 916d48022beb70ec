/**
 * The gradient of a 3×3 convolution's weights by minimal filtering, F(3×3, 4×4). A tile of 4×4 errors e and the 6×6
 * inputs d under it add to a filter's gradient
 *
 *   Aᵀ[(G e Gᵀ) ⊙ (Bᵀ d B)]A
 *
 * with the Bᵀ of winograd-tiles.ts and
 *
 * ```
 *       ⎡ ¼    0    0    0 ⎤
 *       ⎢−⅙   −⅙   −⅙   −⅙ ⎥        ⎡1  1  1  1  1  0⎤
 *   G = ⎢−⅙    ⅙   −⅙    ⅙ ⎥   Aᵀ = ⎢0  1 −1  2 −2  0⎥
 *       ⎢1/24 1/12  ⅙    ⅓ ⎥        ⎣0  1  1  4  4  1⎦
 *       ⎢1/24 −1/12 ⅙   −⅓ ⎥
 *       ⎣ 0    0    0    1 ⎦
 * ```
 *
 * Products are added over tiles and images before Aᵀ…A, which is then computed once. The fractions of G, one per row,
 * are multiplied at the end too. As in winograd.ts, arithmetic takes most of the time. Each lane adds its own image's
 * tiles. The lanes are added after each run of TILES_OF_GRADIENT tiles; a run may hold tiles of several groups of
 * images.
 */
import { biasGradient } from './conv-all';
import { GROUP, imagesInGroup, packInto } from './lanes';
import { multiplyAdd, sumLanes, ZERO } from './vectors';
import {
  columns,
  double,
  eightfold,
  filters,
  fourfold,
  fours,
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
  TILES_OF_GRADIENT,
  tiles,
  transformed,
  transformInput,
  width,
} from './winograd-tiles';

/**
 * Computes dw and db, as convBackwardWeights does.
 *
 * @param x `[n, inputs, height, width]`
 * @param dy `[n, outputs, outHeight, outWidth]`
 * @param dw written: `[outputs, inputs, 3, 3]`
 * @param db written: `[outputs]`
 */
export function winogradBackwardWeights(x: usize, dy: usize, dw: usize, db: usize, n: i32): void {
  memory.fill(filters, 0, nextFilters * POINTS);
  let waiting = 0;
  for (let first = 0; first < n; first += GROUP) {
    const images = imagesInGroup(n, first);
    packInto(x, inputBytes, images, packed, inputs, height, width, padding, rows + 2, columns + 2);
    packInto(dy, outputBytes, images, packedOutput, outputs, outHeight, outWidth, 0, rows, columns);
    for (let tile = 0; tile < tiles; ) {
      const count = min(TILES_OF_GRADIENT - waiting, tiles - tile);
      transform(tile, count, waiting);
      tile += count;
      waiting += count;
      if (waiting < TILES_OF_GRADIENT) break;
      addRun(waiting);
      waiting = 0;
    }
    for (let o = 0; o < outputs; o++) {
      biasGradient(packedOutput + outputPlane * o, rows * columns, db + ((<usize>o) << 2), first > 0);
    }
    x += inputBytes << 2;
    dy += outputBytes << 2;
  }
  if (waiting > 0) addRun(waiting);
  for (let o = 0; o < outputs; o++) {
    for (let i = 0; i < inputs; i += 4) transformGradients(o, i, dw + <usize>(o * inputs + i) * 36);
  }
}

/** Transforms `count` tiles of inputs and errors from `tile` on, and stores them behind the run's `waiting` tiles. */
function transform(tile: i32, count: i32, waiting: i32): void {
  for (let i = 0; i < inputs; i++) {
    const to = transformed + ((<usize>((i >> 2) * TILES_OF_GRADIENT + waiting)) << 6) + ((<usize>(i & 3)) << 4);
    const plane = packed + inputPlane * i;
    for (let t = 0; t < count; t++) transformInput(plane + inputOfTile(tile + t), to + ((<usize>t) << 6));
  }
  for (let o = 0; o < outputs; o++) {
    const to = products + ((<usize>((o >> 1) * TILES_OF_GRADIENT + waiting)) << 5) + ((<usize>(o & 1)) << 4);
    const plane = packedOutput + outputPlane * o;
    for (let t = 0; t < count; t++) transformErrors(plane + outputOfTile(tile + t), to + ((<usize>t) << 5));
  }
}

/** Adds a run's products to the sums. The sums behind the last output and the last input are never read. */
function addRun(count: i32): void {
  for (let point: usize = 0; point < POINTS; point++) {
    let sums = filters + nextFilters * point;
    let errors = products + nextProducts * point;
    for (let pair = pairs; pair > 0; pair--) {
      let pixels = transformed + nextTransformed * point;
      for (let four = fours; four > 0; four--) {
        inline.always(multiply(errors, pixels, count, sums));
        pixels += TILES_OF_GRADIENT << 6;
        sums += 32;
      }
      errors += TILES_OF_GRADIENT << 5;
    }
  }
}

/** Computes G e Gᵀ without the fractions, for the 4×4 vectors e at an address. */
function transformErrors(from: usize, to: usize): void {
  const row1 = from + outputRow;
  const row2 = row1 + outputRow;
  const row3 = row2 + outputRow;
  for (let x: usize = 0; x < TILE << 4; x += 16) {
    const e0 = v128.load(from + x);
    const e1 = v128.load(row1 + x);
    const e2 = v128.load(row2 + x);
    inline.always(timesG(halfway + x, TILE << 4, e0, e1, e2, v128.load(row3 + x)));
  }
  for (let row = halfway; row < halfway + ((SIDE * TILE) << 4); row += TILE << 4) {
    const e0 = v128.load(row);
    const e1 = v128.load(row, 16);
    const e2 = v128.load(row, 32);
    inline.always(timesG(to, nextProducts, e0, e1, e2, v128.load(row, 48)));
    to += nextProducts * SIDE;
  }
}

/** Stores G, without the fractions, times a column; the results are `next` bytes apart. */
function timesG(to: usize, next: usize, e0: v128, e1: v128, e2: v128, e3: v128): void {
  const evens = f32x4.add(e0, e2);
  const odds = f32x4.add(e1, e3);
  const evens4 = f32x4.add(e0, fourfold(e2));
  const odds4 = f32x4.add(double(e1), eightfold(e3));
  v128.store(to, e0);
  v128.store(to + next, f32x4.add(evens, odds));
  v128.store(to + (next << 1), f32x4.sub(evens, odds));
  v128.store(to + next * 3, f32x4.add(evens4, odds4));
  v128.store(to + (next << 2), f32x4.sub(evens4, odds4));
  v128.store(to + next * 5, e3);
}

/** Adds one point's products of two outputs and four inputs, for `count` tiles in order, to their eight sums. */
function multiply(errors: usize, pixels: usize, count: i32, sums: usize): void {
  let c00 = ZERO;
  let c01 = ZERO;
  let c02 = ZERO;
  let c03 = ZERO;
  let c10 = ZERO;
  let c11 = ZERO;
  let c12 = ZERO;
  let c13 = ZERO;
  for (; count > 0; count--) {
    const e0 = v128.load(errors);
    const e1 = v128.load(errors, 16);
    let p = v128.load(pixels);
    c00 = multiplyAdd(c00, e0, p);
    c10 = multiplyAdd(c10, e1, p);
    p = v128.load(pixels, 16);
    c01 = multiplyAdd(c01, e0, p);
    c11 = multiplyAdd(c11, e1, p);
    p = v128.load(pixels, 32);
    c02 = multiplyAdd(c02, e0, p);
    c12 = multiplyAdd(c12, e1, p);
    p = v128.load(pixels, 48);
    c03 = multiplyAdd(c03, e0, p);
    c13 = multiplyAdd(c13, e1, p);
    errors += 32;
    pixels += 64;
  }
  v128.store(sums, f32x4.add(v128.load(sums), sumLanes(c00, c01, c02, c03)));
  v128.store(sums, f32x4.add(v128.load(sums, 16), sumLanes(c10, c11, c12, c13)), 16);
}

/** Computes Aᵀ m A of the sums m of an output and up to four inputs, one per lane, with the fractions of G. */
function transformGradients(output: i32, input: i32, to: usize): void {
  const block = (<usize>((output >> 1) * fours + (input >> 2))) << 5;
  let from = filters + block + ((<usize>(output & 1)) << 4);
  const next = nextFilters;
  const nextRow = next * SIDE;
  for (let x: usize = 0; x < SIDE << 4; x += 16) {
    const m1 = v128.load(from + nextRow);
    const m2 = v128.load(from + nextRow * 2);
    const m3 = v128.load(from + nextRow * 3);
    const m4 = v128.load(from + nextRow * 4);
    const m5 = v128.load(from + nextRow * 5);
    inline.always(timesA(halfway + x, SIDE << 4, v128.load(from), m1, m2, m3, m4, m5));
    from += next;
  }
  for (let row = halfway; row < halfway + ((3 * SIDE) << 4); row += SIDE << 4) {
    const m0 = v128.load(row);
    const m1 = v128.load(row, 16);
    const m2 = v128.load(row, 32);
    const m3 = v128.load(row, 48);
    const m4 = v128.load(row, 64);
    const m5 = v128.load(row, 80);
    inline.always(timesA(row, 16, m0, m1, m2, m3, m4, m5));
  }
  const count = min(4, inputs - input);
  for (let i = 0; i < count; i++) {
    let row = halfway + ((<usize>i) << 2);
    for (let y = 0; y < 3; y++) {
      store<f32>(to, load<f32>(row));
      store<f32>(to, load<f32>(row, 16), 4);
      store<f32>(to, load<f32>(row, 32), 8);
      row += SIDE << 4;
      to += 12;
    }
  }
}

/** Stores Aᵀ, with the fractions of G, times a column; the results are `next` bytes apart. */
function timesA(to: usize, next: usize, m0: v128, m1: v128, m2: v128, m3: v128, m4: v128, m5: v128): void {
  const ones = f32x4.add(m1, m2);
  const onesApart = f32x4.sub(m1, m2);
  const twos = f32x4.add(m3, m4);
  const twosApart = f32x4.sub(m3, m4);
  const first = f32x4.mul(f32x4.splat(<f32>1 / 24), f32x4.sub(twos, fourfold(ones)));
  v128.store(to, f32x4.add(f32x4.mul(f32x4.splat(0.25), m0), first));
  v128.store(to + next, f32x4.mul(f32x4.splat(<f32>1 / 12), f32x4.sub(twosApart, double(onesApart))));
  v128.store(to + (next << 1), f32x4.add(f32x4.mul(f32x4.splat(<f32>1 / 6), f32x4.sub(twos, ones)), m5));
}
