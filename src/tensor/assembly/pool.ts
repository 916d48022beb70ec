/**
 * Computes y, the maximum of each window of each plane. `winner` gets its index in the plane, the first on a tie. As in
 * the plain kernel, a NaN wins only if it is first in its window: every other comparison with NaN is false.
 */
export function maxPool(
  x: usize,
  y: usize,
  winner: usize,
  planes: i32,
  height: i32,
  width: i32,
  kernel: i32,
  stride: i32,
  outHeight: i32,
  outWidth: i32,
): void {
  const byPairs = kernel === 2 && stride === 2 && outWidth >= 4;
  for (let p = 0; p < planes; p++) {
    for (let oy = 0; oy < outHeight; oy++) {
      const start = oy * stride * width;
      if (byPairs) inline.always(poolPairs(x, start, width, y, winner, outWidth));
      else poolRow(x, start, width, y, winner, kernel, stride, outWidth);
      y += (<usize>outWidth) << 2;
      winner += (<usize>outWidth) << 2;
    }
    x += (<usize>(height * width)) << 2;
  }
}

/** Sets dx = 0, then adds each dy at its window's winner. */
export function maxPoolBackward(
  dy: usize,
  winner: usize,
  dx: usize,
  planes: i32,
  height: i32,
  width: i32,
  kernel: i32,
  stride: i32,
  outHeight: i32,
  outWidth: i32,
): void {
  const plane = (<usize>(height * width)) << 2;
  const outputs = outHeight * outWidth;
  if (kernel === 2 && stride === 2 && outWidth >= 4) {
    for (let p = 0; p < planes; p++) {
      inline.always(spreadPairs(dy, winner, dx, height, width, outHeight, outWidth));
      dx += plane;
      dy += (<usize>outputs) << 2;
      winner += (<usize>outputs) << 2;
    }
    return;
  }
  memory.fill(dx, 0, plane * planes);
  for (let p = 0; p < planes; p++) {
    for (let o = 0; o < outputs; o++) {
      const to = dx + ((<usize>load<i32>(winner)) << 2);
      store<f32>(to, load<f32>(to) + load<f32>(dy));
      dy += 4;
      winner += 4;
    }
    dx += plane;
  }
}

/** Computes one row of outputs for any window; `start` is the index in the plane of the first window's first pixel. */
function poolRow(
  x: usize,
  start: i32,
  width: i32,
  y: usize,
  winner: usize,
  kernel: i32,
  stride: i32,
  outWidth: i32,
): void {
  for (let ox = 0; ox < outWidth; ox++) {
    let best = start + ox * stride;
    let most = load<f32>(x + ((<usize>best) << 2));
    for (let ky = 0; ky < kernel; ky++) {
      for (let kx = 0; kx < kernel; kx++) {
        const i = start + ky * width + ox * stride + kx;
        const value = load<f32>(x + ((<usize>i) << 2));
        if (value > most) {
          most = value;
          best = i;
        }
      }
    }
    store<i32>(winner + ((<usize>ox) << 2), best);
    store<f32>(y + ((<usize>ox) << 2), most);
  }
}

/**
 * Computes one row of at least 4 outputs of 2×2 windows with stride 2, four at a time; the last four may overlap
 * others.
 */
function poolPairs(x: usize, start: i32, width: i32, y: usize, winner: usize, outWidth: i32): void {
  const row = (<usize>width) << 2;
  for (let next = 0; next < outWidth; next += 4) {
    const ox = min(next, outWidth - 4);
    const first = start + (ox << 1);
    const from = x + ((<usize>first) << 2);
    let left = v128.load(from);
    let right = v128.load(from, 16);
    let most = v128.shuffle<f32>(left, right, 0, 2, 4, 6);
    const topRight = v128.shuffle<f32>(left, right, 1, 3, 5, 7);
    left = v128.load(from + row);
    right = v128.load(from + row, 16);
    const bottomLeft = v128.shuffle<f32>(left, right, 0, 2, 4, 6);
    const bottomRight = v128.shuffle<f32>(left, right, 1, 3, 5, 7);

    const index = i32x4.add(i32x4.splat(first), i32x4(0, 2, 4, 6));
    let best = v128.sub<i32>(index, f32x4.gt(topRight, most));
    most = f32x4.pmax(most, topRight);
    best = v128.bitselect(i32x4.add(index, i32x4.splat(width)), best, f32x4.gt(bottomLeft, most));
    most = f32x4.pmax(most, bottomLeft);
    best = v128.bitselect(i32x4.add(index, i32x4.splat(width + 1)), best, f32x4.gt(bottomRight, most));
    most = f32x4.pmax(most, bottomRight);
    v128.store(winner + ((<usize>ox) << 2), best);
    v128.store(y + ((<usize>ox) << 2), most);
  }
}

/** Computes dx of one plane of 2×2 windows with stride 2: writes every pixel once, with dy or 0. */
function spreadPairs(
  dy: usize,
  winner: usize,
  dx: usize,
  height: i32,
  width: i32,
  outHeight: i32,
  outWidth: i32,
): void {
  const row = (<usize>width) << 2;
  for (let oy = 0; oy < outHeight; oy++) {
    for (let next = 0; next < outWidth; next += 4) {
      const ox = min(next, outWidth - 4);
      const first = (oy << 1) * width + (ox << 1);
      const topLeft = i32x4.add(i32x4.splat(first), i32x4(0, 2, 4, 6));
      const bottomLeft = i32x4.add(topLeft, i32x4.splat(width));
      const one = i32x4.splat(1);
      const at = (<usize>(oy * outWidth + ox)) << 2;
      const won = v128.load(winner + at);
      const error = v128.load(dy + at);
      const to = dx + ((<usize>first) << 2);
      storePairs(to, v128.and(error, i32x4.eq(won, topLeft)), v128.and(error, i32x4.eq(won, i32x4.add(topLeft, one))));
      storePairs(
        to + row,
        v128.and(error, i32x4.eq(won, bottomLeft)),
        v128.and(error, i32x4.eq(won, i32x4.add(bottomLeft, one))),
      );
    }
    if (width & 1) {
      const last = dx + ((<usize>((oy << 1) * width + width - 1)) << 2);
      store<f32>(last, 0);
      store<f32>(last + row, 0);
    }
  }
  if (height & 1) {
    const last = dx + ((<usize>((height - 1) * width)) << 2);
    for (let i = 0; i < width; i++) store<f32>(last + ((<usize>i) << 2), 0);
  }
}

/** Stores e0 o0 e1 o1 e2 o2 e3 o3. */
function storePairs(to: usize, even: v128, odd: v128): void {
  v128.store(to, v128.shuffle<f32>(even, odd, 0, 4, 1, 5));
  v128.store(to, v128.shuffle<f32>(even, odd, 2, 6, 3, 7), 16);
}
