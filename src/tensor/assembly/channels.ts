/**
 * The loops of batch normalisation. The input has `planes` planes of `size` numbers each; plane p belongs to channel p
 * mod C. A channel's sum adds the numbers of each plane in four lanes, then the lanes, then the planes in order. No sum
 * becomes long enough to lose its small numbers.
 */
import { loadPart, storePart, sumLanes, ZERO } from './vectors';

/** Writes the mean and the (biased) variance of each channel's numbers. */
export function channelMoments(x: usize, mean: usize, variance: usize, channels: i32, planes: i32, size: i32): void {
  const count = <f32>((planes / channels) * size);
  const plane = (<usize>size) << 2;
  for (let c = 0; c < channels; c++) {
    const to = (<usize>c) << 2;
    let sum: f32 = 0;
    for (let p = c; p < planes; p += channels) sum += sumOf(x + plane * p, size);
    const m = sum / count;
    let squares: f32 = 0;
    for (let p = c; p < planes; p += channels) squares += squaresOf(x + plane * p, f32x4.splat(m), size);
    store<f32>(mean + to, m);
    store<f32>(variance + to, squares / count);
  }
}

function sumOf(x: usize, size: i32): f32 {
  let even = ZERO;
  let odd = ZERO;
  for (; size >= 8; size -= 8) {
    even = f32x4.add(even, v128.load(x));
    odd = f32x4.add(odd, v128.load(x, 16));
    x += 32;
  }
  for (; size >= 4; size -= 4) {
    even = f32x4.add(even, v128.load(x));
    x += 16;
  }
  if (size > 0) odd = f32x4.add(odd, loadPart(x, size));
  return total(f32x4.add(even, odd));
}

function squaresOf(x: usize, mean: v128, size: i32): f32 {
  let even = ZERO;
  let odd = ZERO;
  for (; size >= 8; size -= 8) {
    const d0 = f32x4.sub(v128.load(x), mean);
    const d1 = f32x4.sub(v128.load(x, 16), mean);
    even = f32x4.add(even, f32x4.mul(d0, d0));
    odd = f32x4.add(odd, f32x4.mul(d1, d1));
    x += 32;
  }
  for (; size >= 4; size -= 4) {
    const d = f32x4.sub(v128.load(x), mean);
    even = f32x4.add(even, f32x4.mul(d, d));
    x += 16;
  }
  if (size > 0) {
    const d = f32x4.sub(loadPart(x, size), firstLanes(mean, size)); // 0 − 0 in the unused lanes
    odd = f32x4.add(odd, f32x4.mul(d, d));
  }
  return total(f32x4.add(even, odd));
}

const total = (lanes: v128): f32 => f32x4.extract_lane(sumLanes(lanes, ZERO, ZERO, ZERO), 0);

/** Returns the first `count` (1, 2 or 3) lanes, and 0 in the others. */
function firstLanes(value: v128, count: i32): v128 {
  if (count === 1) return v128.shuffle<f32>(value, ZERO, 0, 4, 4, 4);
  return count === 2 ? v128.shuffle<f32>(value, ZERO, 0, 1, 4, 4) : v128.shuffle<f32>(value, ZERO, 0, 1, 2, 4);
}

/** Computes y = (x − mean)·factor + shift. */
export function channelAffine(
  x: usize,
  y: usize,
  mean: usize,
  factor: usize,
  shift: usize,
  channels: i32,
  planes: i32,
  size: i32,
): void {
  for (let p = 0; p < planes; p++) {
    const channel = (<usize>(p % channels)) << 2;
    const m = v128.load32_splat(mean + channel);
    const f = v128.load32_splat(factor + channel);
    const s = v128.load32_splat(shift + channel);
    let left = size;
    for (; left >= 4; left -= 4) {
      v128.store(y, f32x4.add(f32x4.mul(f32x4.sub(v128.load(x), m), f), s));
      x += 16;
      y += 16;
    }
    if (left > 0) storePart(y, f32x4.add(f32x4.mul(f32x4.sub(loadPart(x, left), m), f), s), left);
    x += (<usize>left) << 2;
    y += (<usize>left) << 2;
  }
}

/** Computes sums = Σ dy and products = Σ dy·(x − mean) for each channel. */
export function channelProducts(
  x: usize,
  mean: usize,
  dy: usize,
  sums: usize,
  products: usize,
  channels: i32,
  planes: i32,
  size: i32,
): void {
  const plane = (<usize>size) << 2;
  for (let c = 0; c < channels; c++) {
    const at = (<usize>c) << 2;
    const m = v128.load32_splat(mean + at);
    let sum: f32 = 0;
    let product: f32 = 0;
    for (let p = c; p < planes; p += channels) {
      sum += sumOf(dy + plane * p, size);
      product += productsOf(x + plane * p, m, dy + plane * p, size);
    }
    store<f32>(sums + at, sum);
    store<f32>(products + at, product);
  }
}

function productsOf(x: usize, mean: v128, dy: usize, size: i32): f32 {
  let even = ZERO;
  let odd = ZERO;
  for (; size >= 8; size -= 8) {
    even = f32x4.add(even, f32x4.mul(v128.load(dy), f32x4.sub(v128.load(x), mean)));
    odd = f32x4.add(odd, f32x4.mul(v128.load(dy, 16), f32x4.sub(v128.load(x, 16), mean)));
    x += 32;
    dy += 32;
  }
  for (; size >= 4; size -= 4) {
    even = f32x4.add(even, f32x4.mul(v128.load(dy), f32x4.sub(v128.load(x), mean)));
    x += 16;
    dy += 16;
  }
  if (size > 0) odd = f32x4.add(odd, f32x4.mul(loadPart(dy, size), f32x4.sub(loadPart(x, size), mean)));
  return total(f32x4.add(even, odd));
}

/** Computes dx = factor·(dy − offset − slope·(x − mean)). */
export function channelAffineBackward(
  x: usize,
  mean: usize,
  dy: usize,
  dx: usize,
  offset: usize,
  slope: usize,
  factor: usize,
  channels: i32,
  planes: i32,
  size: i32,
): void {
  for (let p = 0; p < planes; p++) {
    const channel = (<usize>(p % channels)) << 2;
    const m = v128.load32_splat(mean + channel);
    const o = v128.load32_splat(offset + channel);
    const s = v128.load32_splat(slope + channel);
    const f = v128.load32_splat(factor + channel);
    let left = size;
    for (; left >= 4; left -= 4) {
      v128.store(dx, inline.always(errorBelow(v128.load(x), v128.load(dy), m, o, s, f)));
      x += 16;
      dy += 16;
      dx += 16;
    }
    if (left > 0) storePart(dx, errorBelow(loadPart(x, left), loadPart(dy, left), m, o, s, f), left);
    x += (<usize>left) << 2;
    dy += (<usize>left) << 2;
    dx += (<usize>left) << 2;
  }
}

function errorBelow(x: v128, dy: v128, mean: v128, offset: v128, slope: v128, factor: v128): v128 {
  return f32x4.mul(factor, f32x4.sub(f32x4.sub(dy, offset), f32x4.mul(slope, f32x4.sub(x, mean))));
}
