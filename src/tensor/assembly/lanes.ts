import { loadPart, storePart, ZERO } from './vectors';

/**
 * Packed planes hold four images, one per lane: for each pixel, a vector of the four images' pixels. A convolution of
 * packed planes reads whole vectors at every place of its window and needs no unrolled copy of its input. Each image is
 * computed in its own lane by the same instructions, whichever lane that is.
 */

/** The number of images in a group. */
export const GROUP = 4;

/**
 * Returns the number of images in the group that begins at `first`. The last group may have fewer; its other lanes are
 * 0.
 */
export function imagesInGroup(images: i32, first: i32): i32 {
  return min(images - first, GROUP);
}

/**
 * Packs `planes` planes of up to four images, `[planes, height, width]` each and `image` bytes apart, with `padding`
 * zeros around every plane.
 */
export function pack(
  from: usize,
  image: usize,
  images: i32,
  to: usize,
  planes: i32,
  height: i32,
  width: i32,
  padding: i32,
): void {
  packInto(from, image, images, to, planes, height, width, padding, height + 2 * padding, width + 2 * padding);
}

/**
 * As {@link pack}, with `padding` zeros above and to the left. Below and to the right, zeros fill `rows` and `columns`.
 */
export function packInto(
  from: usize,
  image: usize,
  images: i32,
  to: usize,
  planes: i32,
  height: i32,
  width: i32,
  padding: i32,
  rows: i32,
  columns: i32,
): void {
  if (rows === height && columns === width) {
    packRow(from, image, images, to, planes * height * width);
    return;
  }
  const row = (<usize>columns) << 4;
  const before = row * padding + ((<usize>padding) << 4);
  for (let p = 0; p < planes; p++) {
    memory.fill(to, 0, row * rows);
    for (let y = 0; y < height; y++) {
      packRow(from, image, images, to + before + row * y, width);
      from += (<usize>width) << 2;
    }
    to += row * rows;
  }
}

function packRow(from: usize, image: usize, images: i32, to: usize, count: i32): void {
  const from1 = from + image;
  const from2 = from1 + image;
  const from3 = from2 + image;
  let at: usize = 0;
  let left = count;
  for (; left >= 4; left -= 4) {
    const a = v128.load(from + at);
    const b = images > 1 ? v128.load(from1 + at) : ZERO;
    const c = images > 2 ? v128.load(from2 + at) : ZERO;
    const d = images > 3 ? v128.load(from3 + at) : ZERO;
    inline.always(storeTransposed(a, b, c, d, to, 16, 4, 4));
    at += 16;
    to += 64;
  }
  if (left > 0) {
    const a = loadPart(from + at, left);
    const b = images > 1 ? loadPart(from1 + at, left) : ZERO;
    const c = images > 2 ? loadPart(from2 + at, left) : ZERO;
    const d = images > 3 ? loadPart(from3 + at, left) : ZERO;
    storeTransposed(a, b, c, d, to, 16, left, 4);
  }
}

/** Inverts {@link pack}: writes the planes of up to four images, without their padding. */
export function unpack(
  from: usize,
  to: usize,
  image: usize,
  images: i32,
  planes: i32,
  height: i32,
  width: i32,
  padding: i32,
): void {
  unpackFrom(from, to, image, images, planes, height, width, padding, height + 2 * padding, width + 2 * padding);
}

/** Inverts {@link packInto}. */
export function unpackFrom(
  from: usize,
  to: usize,
  image: usize,
  images: i32,
  planes: i32,
  height: i32,
  width: i32,
  padding: i32,
  rows: i32,
  columns: i32,
): void {
  if (rows === height && columns === width) {
    unpackRow(from, to, image, images, planes * height * width);
    return;
  }
  const row = (<usize>columns) << 4;
  const before = row * padding + ((<usize>padding) << 4);
  for (let p = 0; p < planes; p++) {
    for (let y = 0; y < height; y++) {
      unpackRow(from + before + row * y, to, image, images, width);
      to += (<usize>width) << 2;
    }
    from += row * rows;
  }
}

function unpackRow(from: usize, to: usize, image: usize, images: i32, count: i32): void {
  for (; count >= 4; count -= 4) {
    const a = v128.load(from);
    const b = v128.load(from, 16);
    const c = v128.load(from, 32);
    const d = v128.load(from, 48);
    inline.always(storeTransposed(a, b, c, d, to, image, images, 4));
    from += 64;
    to += 16;
  }
  if (count > 0) {
    const b = count > 1 ? v128.load(from, 16) : ZERO;
    const c = count > 2 ? v128.load(from, 32) : ZERO;
    storeTransposed(v128.load(from), b, c, ZERO, to, image, images, count);
  }
}

/**
 * Transposes four vectors and stores the first `count` rows, row i at to + i·stride. Row i holds the i-th lanes of a,
 * b, c and d; only its first `width` numbers are stored. Both counts are 1 to 4.
 */
export function storeTransposed(
  a: v128,
  b: v128,
  c: v128,
  d: v128,
  to: usize,
  stride: usize,
  count: i32,
  width: i32,
): void {
  const ab = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
  const cd = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
  storeFirst(to, v128.shuffle<f32>(ab, cd, 0, 1, 4, 5), width);
  if (count > 1) storeFirst(to + stride, v128.shuffle<f32>(ab, cd, 2, 3, 6, 7), width);
  const abHigh = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  const cdHigh = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  if (count > 2) storeFirst(to + (stride << 1), v128.shuffle<f32>(abHigh, cdHigh, 0, 1, 4, 5), width);
  if (count > 3) storeFirst(to + stride * 3, v128.shuffle<f32>(abHigh, cdHigh, 2, 3, 6, 7), width);
}

function storeFirst(to: usize, value: v128, width: i32): void {
  if (width === 4) v128.store(to, value);
  else storePart(to, value, width);
}
