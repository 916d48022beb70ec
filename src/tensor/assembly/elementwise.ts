import { loadPart, storePart, sumLanes, ZERO } from './vectors';

/** y[r, c] += bias[r]. */
export function addToRows(y: usize, bias: usize, rows: i32, columns: i32): void {
  for (let r = 0; r < rows; r++) {
    const b = v128.load32_splat(bias + ((<usize>r) << 2));
    let left = columns;
    for (; left >= 4; left -= 4) {
      v128.store(y, f32x4.add(v128.load(y), b));
      y += 16;
    }
    if (left > 0) storePart(y, f32x4.add(loadPart(y, left), b), left);
    y += (<usize>left) << 2;
  }
}

/** y[r, c] += bias[c]. */
export function addToColumns(y: usize, bias: usize, rows: i32, columns: i32): void {
  for (let r = 0; r < rows; r++) {
    let from = bias;
    let left = columns;
    for (; left >= 4; left -= 4) {
      v128.store(y, f32x4.add(v128.load(y), v128.load(from)));
      y += 16;
      from += 16;
    }
    if (left > 0) storePart(y, f32x4.add(loadPart(y, left), loadPart(from, left)), left);
    y += (<usize>left) << 2;
  }
}

/**
 * out[r] = Σ_c y[r, c], or out[r] += …. A sum is kept as sixteen, in four vectors that take turns; sixteen at a time,
 * then four, then the rest go to the first.
 */
export function sumRows(y: usize, out: usize, rows: i32, columns: i32, accumulate: bool): void {
  for (let r = 0; r < rows; r++) {
    let s0 = ZERO;
    let s1 = ZERO;
    let s2 = ZERO;
    let s3 = ZERO;
    let left = columns;
    for (; left >= 16; left -= 16) {
      s0 = f32x4.add(s0, v128.load(y));
      s1 = f32x4.add(s1, v128.load(y, 16));
      s2 = f32x4.add(s2, v128.load(y, 32));
      s3 = f32x4.add(s3, v128.load(y, 48));
      y += 64;
    }
    for (; left >= 4; left -= 4) {
      s0 = f32x4.add(s0, v128.load(y));
      y += 16;
    }
    if (left > 0) s0 = f32x4.add(s0, loadPart(y, left));
    y += (<usize>left) << 2;
    const four = sumLanes(s0, s1, s2, s3);
    const sum = f32x4.extract_lane(sumLanes(four, ZERO, ZERO, ZERO), 0);
    store<f32>(out, accumulate ? load<f32>(out) + sum : sum);
    out += 4;
  }
}

/** out[c] = Σ_r y[r, c], for r = 0, 1, … in that order. */
export function sumColumns(y: usize, out: usize, rows: i32, columns: i32): void {
  const row = (<usize>columns) << 2;
  let left = columns;
  for (; left >= 4; left -= 4) {
    let sum = ZERO;
    for (let r = 0, from = y; r < rows; r++, from += row) sum = f32x4.add(sum, v128.load(from));
    v128.store(out, sum);
    y += 16;
    out += 16;
  }
  if (left > 0) {
    let sum = ZERO;
    for (let r = 0, from = y; r < rows; r++, from += row) sum = f32x4.add(sum, loadPart(from, left));
    storePart(out, sum, left);
  }
}

/** y = max(x, 0). */
export function relu(x: usize, y: usize, length: i32): void {
  for (; length >= 4; length -= 4) {
    v128.store(y, positive(v128.load(x)));
    x += 16;
    y += 16;
  }
  if (length > 0) storePart(y, positive(loadPart(x, length)), length);
}

/** As Math.max(x, 0): a NaN stays one. pmax keeps −0, and adding 0 makes +0 of it. */
function positive(x: v128): v128 {
  return f32x4.add(f32x4.pmax(x, ZERO), ZERO);
}

/** dx = dy where y > 0, else 0. */
export function reluBackward(y: usize, dy: usize, dx: usize, length: i32): void {
  for (; length >= 4; length -= 4) {
    v128.store(dx, v128.and(v128.load(dy), f32x4.gt(v128.load(y), ZERO)));
    y += 16;
    dy += 16;
    dx += 16;
  }
  if (length > 0) storePart(dx, v128.and(loadPart(dy, length), f32x4.gt(loadPart(y, length), ZERO)), length);
}

/** y[p, i] = (x[p, i] − mean[p mod C]) / std[p mod C]. */
export function normalize(x: usize, y: usize, mean: usize, std: usize, channels: i32, planes: i32, size: i32): void {
  for (let p = 0; p < planes; p++) {
    const channel = (<usize>(p % channels)) << 2;
    const m = v128.load32_splat(mean + channel);
    const s = v128.load32_splat(std + channel);
    let left = size;
    for (; left >= 4; left -= 4) {
      v128.store(y, f32x4.div(f32x4.sub(v128.load(x), m), s));
      x += 16;
      y += 16;
    }
    if (left > 0) storePart(y, f32x4.div(f32x4.sub(loadPart(x, left), m), s), left);
    x += (<usize>left) << 2;
    y += (<usize>left) << 2;
  }
}

/** dx[p, i] = dy[p, i] / std[p mod C]. */
export function normalizeBackward(dy: usize, dx: usize, std: usize, channels: i32, planes: i32, size: i32): void {
  for (let p = 0; p < planes; p++) {
    const s = v128.load32_splat(std + ((<usize>(p % channels)) << 2));
    let left = size;
    for (; left >= 4; left -= 4) {
      v128.store(dx, f32x4.div(v128.load(dy), s));
      dy += 16;
      dx += 16;
    }
    if (left > 0) storePart(dx, f32x4.div(loadPart(dy, left), s), left);
    dy += (<usize>left) << 2;
    dx += (<usize>left) << 2;
  }
}
