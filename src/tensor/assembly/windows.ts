import { loadPart, storePart, ZERO } from './vectors';

/**
 * Unrolls one image, x `[C, H, W]` → cols `[C·K·K, OH·OW]`; ../im2col.ts has the picture and the plain twin.
 *
 * A row of an output plane is a piece of an input row, so that with stride 1 whole vectors are copied.
 */
export function im2col(
  x: usize,
  cols: usize,
  channels: i32,
  height: i32,
  width: i32,
  kernel: i32,
  stride: i32,
  padding: i32,
  outHeight: i32,
  outWidth: i32,
): void {
  for (let c = 0; c < channels; c++) {
    for (let ky = 0; ky < kernel; ky++) {
      const top = firstInside(ky, stride, padding, outHeight);
      const bottom = endInside(height, ky, stride, padding, top, outHeight);
      for (let kx = 0; kx < kernel; kx++) {
        const first = firstInside(kx, stride, padding, outWidth);
        const end = endInside(width, kx, stride, padding, first, outWidth);
        let from = x + ((<usize>((top * stride + ky - padding) * width + first * stride + kx - padding)) << 2);
        cols = zeros(cols, top * outWidth);
        const inside = end - first;
        for (let oy = top; oy < bottom; oy++) {
          if (first > 0) cols = zeros(cols, first);
          cols = stride === 1 ? inline.always(copy(cols, from, inside)) : gather(cols, from, inside, stride);
          if (end < outWidth) cols = zeros(cols, outWidth - end);
          from += (<usize>(stride * width)) << 2;
        }
        cols = zeros(cols, (outHeight - bottom) * outWidth);
      }
    }
    x += (<usize>(height * width)) << 2;
  }
}

/** The adjoint of im2col: dx is overwritten with the sums, over the taps (ky, kx) in ascending order. */
export function col2im(
  cols: usize,
  dx: usize,
  channels: i32,
  height: i32,
  width: i32,
  kernel: i32,
  stride: i32,
  padding: i32,
  outHeight: i32,
  outWidth: i32,
): void {
  zeros(dx, channels * height * width);
  for (let c = 0; c < channels; c++) {
    for (let ky = 0; ky < kernel; ky++) {
      const top = firstInside(ky, stride, padding, outHeight);
      const bottom = endInside(height, ky, stride, padding, top, outHeight);
      for (let kx = 0; kx < kernel; kx++) {
        const first = firstInside(kx, stride, padding, outWidth);
        const end = endInside(width, kx, stride, padding, first, outWidth);
        let to = dx + ((<usize>((top * stride + ky - padding) * width + first * stride + kx - padding)) << 2);
        let from = cols + ((<usize>(top * outWidth + first)) << 2);
        for (let oy = top; oy < bottom; oy++) {
          if (stride === 1) inline.always(add(to, from, end - first));
          else scatter(to, from, end - first, stride);
          to += (<usize>(stride * width)) << 2;
          from += (<usize>outWidth) << 2;
        }
        cols += (<usize>(outHeight * outWidth)) << 2;
      }
    }
    dx += (<usize>(height * width)) << 2;
  }
}

/** The first output along an axis whose tap lies inside the image (not in the padding before it). */
function firstInside(tap: i32, stride: i32, padding: i32, outputs: i32): i32 {
  return tap >= padding ? 0 : min((padding - tap + stride - 1) / stride, outputs);
}

/** The output after the last one whose tap lies inside the image; never before `first`. */
function endInside(extent: i32, tap: i32, stride: i32, padding: i32, first: i32, outputs: i32): i32 {
  const room = extent - 1 + padding - tap;
  return room < 0 ? first : max(first, min(outputs, room / stride + 1));
}

/** Writes `count` zeros and returns the address behind them. */
function zeros(to: usize, count: i32): usize {
  for (; count >= 4; count -= 4) {
    v128.store(to, ZERO);
    to += 16;
  }
  for (; count > 0; count--) {
    store<f32>(to, 0);
    to += 4;
  }
  return to;
}

/** Copies `count` numbers and returns the address behind the last. The last vector may overlap the one before it. */
function copy(to: usize, from: usize, count: i32): usize {
  const end = to + ((<usize>count) << 2);
  if (count < 4) {
    if (count > 0) storePart(to, loadPart(from, count), count);
    return end;
  }
  for (; count > 4; count -= 4) {
    v128.store(to, v128.load(from));
    to += 16;
    from += 16;
  }
  const back = (<usize>(4 - count)) << 2;
  v128.store(to - back, v128.load(from - back));
  return end;
}

/** Copies every `stride`-th of the numbers from an address on. */
function gather(to: usize, from: usize, count: i32, stride: i32): usize {
  for (; count > 0; count--) {
    store<f32>(to, load<f32>(from));
    to += 4;
    from += (<usize>stride) << 2;
  }
  return to;
}

/** Adds `count` numbers to those at `to`. */
function add(to: usize, from: usize, count: i32): void {
  for (; count >= 4; count -= 4) {
    v128.store(to, f32x4.add(v128.load(to), v128.load(from)));
    to += 16;
    from += 16;
  }
  if (count > 0) storePart(to, f32x4.add(loadPart(to, count), loadPart(from, count)), count);
}

/** Adds `count` numbers to every `stride`-th at `to`. */
function scatter(to: usize, from: usize, count: i32, stride: i32): void {
  for (; count > 0; count--) {
    store<f32>(to, load<f32>(to) + load<f32>(from));
    to += (<usize>stride) << 2;
    from += 4;
  }
}
