import { loadPart, storePart, ZERO } from './vectors';

/** Computes y[r, c] += bias[c]. */
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

/** Computes out[c] = Σ_r y[r, c], for r = 0, 1, … in that order. */
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

/** Computes y = max(x, 0). */
export function relu(x: usize, y: usize, length: i32): void {
  for (; length >= 4; length -= 4) {
    v128.store(y, positive(v128.load(x)));
    x += 16;
    y += 16;
  }
  if (length > 0) storePart(y, positive(loadPart(x, length)), length);
}

/** Returns max(x, 0) as Math.max does: NaN stays NaN. pmax keeps −0, and adding 0 makes it +0. */
function positive(x: v128): v128 {
  return f32x4.add(f32x4.pmax(x, ZERO), ZERO);
}

/** Computes dx = dy where y > 0, otherwise 0. */
export function reluBackward(y: usize, dy: usize, dx: usize, length: i32): void {
  for (; length >= 4; length -= 4) {
    v128.store(dx, v128.and(v128.load(dy), f32x4.gt(v128.load(y), ZERO)));
    y += 16;
    dy += 16;
    dx += 16;
  }
  if (length > 0) storePart(dx, v128.and(loadPart(dy, length), f32x4.gt(loadPart(y, length), ZERO)), length);
}

/** Computes y[p, i] = (x[p, i] − mean[p mod C]) / std[p mod C]. */
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

/** Computes dx[p, i] = dy[p, i] / std[p mod C]. */
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
