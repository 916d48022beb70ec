/** The backward passes of a convolution for any errors, four images side by side (lanes.ts). */
import { GROUP, imagesInGroup, pack, unpack } from './lanes';
import { loadPart, multiplyAdd, storePart, sumLanes, ZERO } from './vectors';
import {
  channels,
  column,
  height,
  imageBytes,
  outHeight,
  outputBytes,
  outputs,
  outWidth,
  packed,
  packedOutput,
  packedPlane,
  packedRowStep,
  packedStep,
  padding,
  places,
  placeTable,
  taps,
  tapTable,
  width,
} from './window';

/**
 * Computes dx of up to four images. A block is four taps at two places. It adds the products over o in registers, then
 * adds these sums to the pixels.
 */
export function inputFromAll(dy: usize, carrier: usize, dx: usize, images: i32): void {
  pack(dy, outputBytes, images, packedOutput, outputs, outHeight, outWidth, 0);
  memory.fill(packed, 0, packedPlane * channels);
  let p = 0;
  for (; p + 2 <= places; p += 2) inline.always(allTaps(2, p, carrier));
  if (p < places) allTaps(1, p, carrier);
  unpack(packed, dx, imageBytes, images, channels, height, width, padding);
}

/** Computes all taps at `count` (2 or 1) places; `count` is a constant wherever this is inlined. */
function allTaps(count: i32, place: i32, carrier: usize): void {
  const table = placeTable + ((<usize>place) << 2);
  const to0 = packed + load<usize>(table);
  const to1 = count === 2 ? packed + load<usize>(table, 4) : to0;
  gather(count, place);
  let t = 0;
  for (; t + 4 <= taps; t += 4) inline.always(spread(4, count, t, to0, to1, carrier));
  for (; t < taps; t++) inline.always(spread(1, count, t, to0, to1, carrier));
}

/** Copies all outputs' errors at one or two places side by side: in the packed planes they share few cache lines. */
function gather(count: i32, place: i32): void {
  const next = (<usize>places) << 4;
  let from = packedOutput + ((<usize>place) << 4);
  let to = column;
  for (let o = 0; o < outputs; o++) {
    v128.store(to, v128.load(from));
    if (count === 2) v128.store(to, v128.load(from, 16), 16);
    from += next;
    to += 32;
  }
}

/** Computes `rows` (4 or 1) taps at `count` (2 or 1) places; both are constants wherever this is inlined. */
function spread(rows: i32, count: i32, tap: i32, to0: usize, to1: usize, carrier: usize): void {
  const nextFilter = (<usize>taps) << 2;
  let dy = column;
  let c00 = ZERO;
  let c01 = ZERO;
  let c10 = ZERO;
  let c11 = ZERO;
  let c20 = ZERO;
  let c21 = ZERO;
  let c30 = ZERO;
  let c31 = ZERO;
  carrier += (<usize>tap) << 2;
  for (let o = 0; o < outputs; o++) {
    const d0 = v128.load(dy);
    const d1 = count === 2 ? v128.load(dy, 16) : ZERO;
    let weight = v128.load32_splat(carrier);
    c00 = multiplyAdd(c00, weight, d0);
    if (count === 2) c01 = multiplyAdd(c01, weight, d1);
    if (rows === 4) {
      weight = v128.load32_splat(carrier, 4);
      c10 = multiplyAdd(c10, weight, d0);
      if (count === 2) c11 = multiplyAdd(c11, weight, d1);
      weight = v128.load32_splat(carrier, 8);
      c20 = multiplyAdd(c20, weight, d0);
      if (count === 2) c21 = multiplyAdd(c21, weight, d1);
      weight = v128.load32_splat(carrier, 12);
      c30 = multiplyAdd(c30, weight, d0);
      if (count === 2) c31 = multiplyAdd(c31, weight, d1);
    }
    dy += 32;
    carrier += nextFilter;
  }
  const table = tapTable + ((<usize>tap) << 2);
  inline.always(addTo(load<usize>(table), count, to0, to1, c00, c01));
  if (rows === 4) {
    inline.always(addTo(load<usize>(table, 4), count, to0, to1, c10, c11));
    inline.always(addTo(load<usize>(table, 8), count, to0, to1, c20, c21));
    inline.always(addTo(load<usize>(table, 12), count, to0, to1, c30, c31));
  }
}

function addTo(offset: usize, count: i32, to0: usize, to1: usize, c0: v128, c1: v128): void {
  v128.store(to0 + offset, f32x4.add(v128.load(to0 + offset), c0));
  if (count === 2) v128.store(to1 + offset, f32x4.add(v128.load(to1 + offset), c1));
}

/**
 * Computes dw and db of n images. In each group of four images, a lane adds its image's products over the places in
 * order. Then the lanes are added, and then the groups. A block is two outputs and four taps.
 */
export function weightsFromAll(x: usize, dy: usize, dw: usize, db: usize, n: i32): void {
  for (let first = 0; first < n; first += GROUP) {
    const images = imagesInGroup(n, first);
    pack(x, imageBytes, images, packed, channels, height, width, padding);
    pack(dy, outputBytes, images, packedOutput, outputs, outHeight, outWidth, 0);
    let o = 0;
    for (; o + 2 <= outputs; o += 2) inline.always(filterGradient(2, o, dw, first > 0));
    if (o < outputs) filterGradient(1, o, dw, first > 0);
    const plane = (<usize>places) << 4;
    for (o = 0; o < outputs; o++) biasGradient(packedOutput + plane * o, places, db + ((<usize>o) << 2), first > 0);
    x += imageBytes << 2;
    dy += outputBytes << 2;
  }
}

/** Computes dw of `rows` (2 or 1, a constant) outputs. */
function filterGradient(rows: i32, output: i32, dw: usize, accumulate: bool): void {
  const dy = packedOutput + ((<usize>(output * places)) << 4);
  const to = dw + ((<usize>(output * taps)) << 2);
  let t = 0;
  for (; t + 4 <= taps; t += 4) inline.always(correlate(rows, 4, t, dy, to, accumulate));
  if (t < taps) inline.always(correlate(rows, taps - t, t, dy, to, accumulate));
}

/**
 * Computes dw of `rows` outputs and `count` (1 to 4) taps: the sums of all products of dy and the pixels under the
 * taps.
 */
function correlate(rows: i32, count: i32, tap: i32, dy: usize, dw: usize, accumulate: bool): void {
  const table = tapTable + ((<usize>tap) << 2);
  const last = (<usize>(count - 1)) << 2;
  let x0 = packed + load<usize>(table);
  let x1 = packed + load<usize>(table + min(4, last));
  let x2 = packed + load<usize>(table + min(8, last));
  let x3 = packed + load<usize>(table + min(12, last));
  const nextOutput = (<usize>places) << 4;
  const step = packedStep;
  const toNextRow = packedRowStep - step * outWidth;
  let c00 = ZERO;
  let c01 = ZERO;
  let c02 = ZERO;
  let c03 = ZERO;
  let c10 = ZERO;
  let c11 = ZERO;
  let c12 = ZERO;
  let c13 = ZERO;
  for (let oy = outHeight; oy > 0; oy--) {
    for (let ox = outWidth; ox > 0; ox--) {
      const d0 = v128.load(dy);
      const d1 = rows === 2 ? v128.load(dy + nextOutput) : ZERO;
      let pixels = v128.load(x0);
      c00 = multiplyAdd(c00, d0, pixels);
      if (rows === 2) c10 = multiplyAdd(c10, d1, pixels);
      pixels = v128.load(x1);
      c01 = multiplyAdd(c01, d0, pixels);
      if (rows === 2) c11 = multiplyAdd(c11, d1, pixels);
      pixels = v128.load(x2);
      c02 = multiplyAdd(c02, d0, pixels);
      if (rows === 2) c12 = multiplyAdd(c12, d1, pixels);
      pixels = v128.load(x3);
      c03 = multiplyAdd(c03, d0, pixels);
      if (rows === 2) c13 = multiplyAdd(c13, d1, pixels);
      dy += 16;
      x0 += step;
      x1 += step;
      x2 += step;
      x3 += step;
    }
    x0 += toNextRow;
    x1 += toNextRow;
    x2 += toNextRow;
    x3 += toNextRow;
  }
  const to = dw + ((<usize>tap) << 2);
  put(to, sumLanes(c00, c01, c02, c03), count, accumulate);
  if (rows === 2) put(to + ((<usize>taps) << 2), sumLanes(c10, c11, c12, c13), count, accumulate);
}

function put(to: usize, sums: v128, count: i32, accumulate: bool): void {
  if (count === 4) v128.store(to, accumulate ? f32x4.add(v128.load(to), sums) : sums);
  else storePart(to, accumulate ? f32x4.add(loadPart(to, count), sums) : sums, count);
}

/** Computes one number of db: the sum of a packed plane's `count` errors over all four images. */
export function biasGradient(dy: usize, count: i32, to: usize, accumulate: bool): void {
  let even = ZERO;
  let odd = ZERO;
  let left = count;
  for (; left >= 2; left -= 2) {
    even = f32x4.add(even, v128.load(dy));
    odd = f32x4.add(odd, v128.load(dy, 16));
    dy += 32;
  }
  if (left > 0) even = f32x4.add(even, v128.load(dy));
  const sum = f32x4.extract_lane(sumLanes(f32x4.add(even, odd), ZERO, ZERO, ZERO), 0);
  store<f32>(to, accumulate ? load<f32>(to) + sum : sum);
}
