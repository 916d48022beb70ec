import { GROUP, imagesInGroup, pack, storeTransposed } from './lanes';
import { multiplyAdd, ZERO } from './vectors';
import {
  channels,
  height,
  imageBytes,
  kernel,
  outputBytes,
  outputs,
  packed,
  packedPlane,
  packedRow,
  padding,
  paired,
  places,
  placeTable,
  taps,
  width,
} from './window';

/**
 * Computes y[i, o] = bias[o] + Σ_{c,ky,kx} weight[o, c, ky, kx] · (the pixel of image i under that tap), for n images.
 *
 * Images are computed in groups of four, one per lane (lanes.ts). A block is two output channels at four places. Its
 * eight sums stay in registers while the taps run in the order of the weights. Each step takes four vectors of pixels
 * and two weights, copied to all lanes. It is the matrix product of multiply.ts without an unrolled copy of the image.
 *
 * @param x `[n, C, H, W]`
 * @param weight `[O, C, K, K]`
 * @param bias `[O]`
 * @param y written: `[n, O, OH, OW]`
 */
export function convForward(x: usize, weight: usize, bias: usize, y: usize, n: i32): void {
  for (let first = 0; first < n; first += GROUP) {
    const images = imagesInGroup(n, first);
    pack(x, imageBytes, images, packed, channels, height, width, padding);
    for (let o = 0; o < outputs; o += 2) {
      const filter = weight + ((<usize>(o * taps)) << 2);
      const b = bias + ((<usize>o) << 2);
      const to = y + ((<usize>(o * places)) << 2);
      if (o + 1 === outputs) oneChannel(filter, b, to, images);
      else if (paired) twoChannelsByPairs(filter, b, to, images);
      else twoChannels(filter, b, to, images);
    }
    x += imageBytes << 2;
    y += outputBytes << 2;
  }
}

// One function per case: the optimizer would merge three calls side by side into one loop with a condition.

function oneChannel(filter: usize, bias: usize, y: usize, images: i32): void {
  let p = 0;
  for (; p + 4 <= places; p += 4) inline.always(block(1, false, p, 4, filter, bias, y, images));
  if (p < places) block(1, false, p, places - p, filter, bias, y, images);
}

function twoChannels(filter: usize, bias: usize, y: usize, images: i32): void {
  let p = 0;
  for (; p + 4 <= places; p += 4) inline.always(block(2, false, p, 4, filter, bias, y, images));
  if (p < places) block(2, false, p, places - p, filter, bias, y, images);
}

function twoChannelsByPairs(filter: usize, bias: usize, y: usize, images: i32): void {
  let p = 0;
  for (; p + 4 <= places; p += 4) inline.always(block(2, true, p, 4, filter, bias, y, images));
  if (p < places) block(2, false, p, places - p, filter, bias, y, images);
}

/**
 * Computes `rows` output channels at `count` (1 to 4) places. With `pairs`, the second and fourth places lie beside the
 * first and third, so that two addresses are enough. `rows` and `pairs` are constants wherever this is inlined.
 */
function block(
  rows: i32,
  pairs: bool,
  place: i32,
  count: i32,
  filter: usize,
  bias: usize,
  y: usize,
  images: i32,
): void {
  const table = placeTable + ((<usize>place) << 2);
  const last = (<usize>(count - 1)) << 2;
  let x0 = packed + load<usize>(table);
  let x1 = packed + load<usize>(table + min(4, last));
  let x2 = packed + load<usize>(table + min(8, last));
  let x3 = packed + load<usize>(table + min(12, last));
  const nextFilter = (<usize>taps) << 2;
  const toNextRow = packedRow - ((<usize>kernel) << 4);
  const toNextPlane = packedPlane - packedRow * kernel;
  let c00 = ZERO;
  let c01 = ZERO;
  let c02 = ZERO;
  let c03 = ZERO;
  let c10 = ZERO;
  let c11 = ZERO;
  let c12 = ZERO;
  let c13 = ZERO;
  for (let c = channels; c > 0; c--) {
    for (let ky = kernel; ky > 0; ky--) {
      for (let kx = kernel; kx > 0; kx--) {
        const p0 = v128.load(x0);
        const p1 = pairs ? v128.load(x0, 16) : v128.load(x1);
        const p2 = v128.load(x2);
        const p3 = pairs ? v128.load(x2, 16) : v128.load(x3);
        let weight = v128.load32_splat(filter);
        c00 = multiplyAdd(c00, weight, p0);
        c01 = multiplyAdd(c01, weight, p1);
        c02 = multiplyAdd(c02, weight, p2);
        c03 = multiplyAdd(c03, weight, p3);
        if (rows === 2) {
          weight = v128.load32_splat(filter + nextFilter);
          c10 = multiplyAdd(c10, weight, p0);
          c11 = multiplyAdd(c11, weight, p1);
          c12 = multiplyAdd(c12, weight, p2);
          c13 = multiplyAdd(c13, weight, p3);
        }
        x0 += 16;
        if (!pairs) x1 += 16;
        x2 += 16;
        if (!pairs) x3 += 16;
        filter += 4;
      }
      x0 += toNextRow;
      if (!pairs) x1 += toNextRow;
      x2 += toNextRow;
      if (!pairs) x3 += toNextRow;
    }
    x0 += toNextPlane;
    if (!pairs) x1 += toNextPlane;
    x2 += toNextPlane;
    if (!pairs) x3 += toNextPlane;
  }
  const to = y + ((<usize>place) << 2);
  inline.always(put(c00, c01, c02, c03, bias, to, images, count));
  if (rows === 2) {
    const next = to + ((<usize>places) << 2);
    inline.always(put(c10, c11, c12, c13, bias + 4, next, images, count));
  }
}

/** Adds the bias and stores `count` places of each image. */
function put(c0: v128, c1: v128, c2: v128, c3: v128, bias: usize, to: usize, images: i32, count: i32): void {
  const b = v128.load32_splat(bias);
  const s0 = f32x4.add(c0, b);
  const s1 = f32x4.add(c1, b);
  const s2 = f32x4.add(c2, b);
  const s3 = f32x4.add(c3, b);
  inline.always(storeTransposed(s0, s1, s2, s3, to, outputBytes, images, count));
}
