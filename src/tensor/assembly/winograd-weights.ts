/**
 * The gradient of a 3×3 convolution's weights by minimal filtering, F(3×3, 2×2): of each tile of 2×2 errors e and of
 * the 4×4 inputs d under it, what they give to the filter is
 *
 *   Aᵀ[(G e Gᵀ) ⊙ (Bᵀ d B)]A
 *
 * with the Bᵀ of winograd-tiles.ts and
 *
 *       ⎡1  0⎤
 *   G = ⎢½  ½⎥    Aᵀ = ⎡1  1  1  0⎤
 *       ⎢½ −½⎥         ⎢0  1 −1  0⎥
 *       ⎣0  1⎦         ⎣0  1  1 −1⎦
 *
 * Products are added up over tiles and images before Aᵀ…A, so that this is done once. The halves of G wait until then:
 * multiplying by them is exact. It is limited by arithmetic, as winograd.ts is; a lane adds its own image's tiles, and
 * lanes are added after each run of TILES_OF_GRADIENT.
 */
import { biasGradient } from './conv-all';
import { GROUP, imagesInGroup, packInto } from './lanes';
import { multiplyAdd, sumLanes, ZERO } from './vectors';
import {
  columns,
  filters,
  fours,
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
  TILES_OF_GRADIENT,
  tiles,
  transformed,
  transformInput,
  width,
} from './winograd-tiles';

/**
 * dw and db, as convBackwardWeights'.
 *
 * @param x `[n, inputs, height, width]`
 * @param dy `[n, outputs, outHeight, outWidth]`
 * @param dw written: `[outputs, inputs, 3, 3]`
 * @param db written: `[outputs]`
 */
export function winogradBackwardWeights(x: usize, dy: usize, dw: usize, db: usize, n: i32): void {
  memory.fill(filters, 0, nextFilters * POINTS);
  for (let first = 0; first < n; first += GROUP) {
    const images = imagesInGroup(n, first);
    packInto(x, inputBytes, images, packed, inputs, height, width, padding, rows + 2, columns + 2);
    packInto(dy, outputBytes, images, packedOutput, outputs, outHeight, outWidth, 0, rows, columns);
    for (let tile = 0; tile < tiles; tile += TILES_OF_GRADIENT) addRun(tile, min(TILES_OF_GRADIENT, tiles - tile));
    for (let o = 0; o < outputs; o++) {
      biasGradient(packedOutput + outputPlane * o, rows * columns, db + ((<usize>o) << 2), first > 0);
    }
    x += inputBytes << 2;
    dy += outputBytes << 2;
  }
  for (let o = 0; o < outputs; o++) {
    for (let i = 0; i < inputs; i++) transformGradient(o, i, dw + <usize>(o * inputs + i) * 36);
  }
}

/** Adds the products of `count` tiles to the sums. Behind the last output and input are sums that nobody reads. */
function addRun(tile: i32, count: i32): void {
  for (let i = 0; i < inputs; i++) {
    const to = transformed + ((<usize>((i >> 2) * TILES_OF_GRADIENT)) << 6) + ((<usize>(i & 3)) << 4);
    const plane = packed + inputPlane * i;
    for (let t = 0; t < count; t++) transformInput(plane + inputOfTile(tile + t), to + ((<usize>t) << 6));
  }
  for (let o = 0; o < outputs; o++) {
    const to = products + ((<usize>((o >> 1) * TILES_OF_GRADIENT)) << 5) + ((<usize>(o & 1)) << 4);
    const plane = packedOutput + outputPlane * o;
    for (let t = 0; t < count; t++) transformErrors(plane + outputOfTile(tile + t), to + ((<usize>t) << 5));
  }
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

/** G e Gᵀ without the halves, of the 2×2 vectors e at an address. */
function transformErrors(from: usize, to: usize): void {
  const next = nextProducts;
  const a0 = v128.load(from);
  const a1 = v128.load(from, 16);
  const b0 = v128.load(from + outputRow);
  const b1 = v128.load(from + outputRow, 16);
  inline.always(putRow(to, next, a0, a1));
  to += next << 2;
  inline.always(putRow(to, next, f32x4.add(a0, b0), f32x4.add(a1, b1)));
  to += next << 2;
  inline.always(putRow(to, next, f32x4.sub(a0, b0), f32x4.sub(a1, b1)));
  to += next << 2;
  inline.always(putRow(to, next, b0, b1));
}

function putRow(to: usize, next: usize, a: v128, b: v128): void {
  v128.store(to, a);
  v128.store(to + next, f32x4.add(a, b));
  v128.store(to + (next << 1), f32x4.sub(a, b));
  v128.store(to + next * 3, b);
}

/** Adds one point's products of two outputs and four inputs, of `count` tiles in order, to their eight sums. */
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

/** Aᵀ m A of the sums m of one filter, with the halves that G left out. */
function transformGradient(output: i32, input: i32, to: usize): void {
  const next = nextFilters;
  const block = (<usize>((output >> 1) * fours + (input >> 2))) << 5;
  const from = filters + block + ((<usize>(output & 1)) << 4) + ((<usize>(input & 3)) << 2);
  for (let row: usize = 0; row < 3; row++) {
    const m0 = ofRow(from, row);
    const m1 = <f32>0.5 * ofRow(from + next, row);
    const m2 = <f32>0.5 * ofRow(from + (next << 1), row);
    const m3 = ofRow(from + next * 3, row);
    store<f32>(to, m0 + m1 + m2);
    store<f32>(to, m1 - m2, 4);
    store<f32>(to, m1 + m2 - m3, 8);
    to += 12;
  }
}

/** One column of m, times a row of Aᵀ. */
function ofRow(from: usize, row: usize): f32 {
  const next = nextFilters << 2;
  const m1 = <f32>0.5 * load<f32>(from + next);
  const m2 = <f32>0.5 * load<f32>(from + (next << 1));
  if (row === 0) return load<f32>(from) + m1 + m2;
  return row === 1 ? m1 - m2 : m1 + m2 - load<f32>(from + next * 3);
}
