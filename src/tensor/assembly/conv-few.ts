/**
 * The backward passes of a convolution for errors that are mostly zeros. Below 2×2 max pooling at most one error in
 * four is not zero; where the softmax is saturated, all are zero. Products with a zero are left out.
 *
 * Images are computed one at a time. An image has its channels last and its padding around it. So the K·C numbers of a
 * row under the window lie side by side: they are called a *run*, and are worked on in whole vectors. Each non-zero
 * error meets the K runs under its window. The last vector of a run may hold other numbers behind it. Their results are
 * not stored, or their weight is zero, which changes nothing if the error is finite.
 */
import { loadPart, multiplyAdd, ZERO } from './vectors';
import {
  channels,
  errorTable,
  errorValues,
  filters,
  firstError,
  height,
  imageBytes,
  kernel,
  orderTable,
  outputBytes,
  outputs,
  packed,
  padding,
  places,
  setWindowForFew,
  vectorsOfFilter,
  vectorsOfRun,
  width,
  windowTable,
} from './window';

/** Computes dx of one image. {@link spreadFilters} must come before, without {@link weightsFromFew} in between. */
export function inputFromFew(dy: usize, dx: usize): void {
  memory.fill(packed, 0, rowBytes() * (height + 2 * padding));
  listErrors(dy);
  let first = firstError;
  let filter = filters;
  for (let o = outputs; o > 0; o--) {
    scatter(load<usize>(first), load<usize>(first, 4), filter);
    first += 4;
    filter += filterBytes();
  }
  inline.always(exchangeImage(dx, true));
}

/** Computes dw and db of n images, added image by image. */
export function weightsFromFew(x: usize, dy: usize, dw: usize, db: usize, n: i32): void {
  setWindowForFew();
  memory.fill(filters, 0, filterBytes() * outputs);
  memory.fill(db, 0, (<usize>outputs) << 2);
  for (let i = 0; i < n; i++) {
    if (padding > 0) memory.fill(packed, 0, rowBytes() * (height + 2 * padding));
    inline.always(exchangeImage(x, false));
    listErrors(dy);
    addGradients(db);
    x += imageBytes;
    dy += outputBytes;
  }
  inline.always(exchangeFilters(dw, true));
}

/** Copies filters `[O, C, K, K]` into the order of the runs, with zeros between them, for {@link inputFromFew}. */
export function spreadFilters(carrier: usize): void {
  setWindowForFew();
  memory.fill(filters, 0, filterBytes() * outputs);
  inline.always(exchangeFilters(carrier, false));
}

/** Adds one image's part of dw and db. */
function addGradients(db: usize): void {
  let first = firstError;
  let filter = filters;
  for (let o = outputs; o > 0; o--) {
    const from = load<usize>(first);
    const end = load<usize>(first, 4);
    let sum: f32 = 0;
    for (let e = from; e < end; e += 4) sum += load<f32>(e + errorValues);
    store<f32>(db, load<f32>(db) + sum);
    if (from < end) {
      for (let ky = 0; ky < kernel; ky++) {
        addToRun(from, end, packed + rowBytes() * ky, filter + ((<usize>(ky * vectorsOfRun())) << 4));
      }
    }
    first += 4;
    db += 4;
    filter += filterBytes();
  }
}

/** Adds to a run of a filter's gradient. */
function addToRun(first: usize, end: usize, from: usize, run: usize): void {
  let left = vectorsOfRun();
  for (; left >= 8; left -= 8) {
    inline.always(addProducts(8, first, end, from, run));
    from += 128;
    run += 128;
  }
  if (left & 4) {
    inline.always(addProducts(4, first, end, from, run));
    from += 64;
    run += 64;
  }
  if (left & 2) {
    inline.always(addProducts(2, first, end, from, run));
    from += 32;
    run += 32;
  }
  if (left & 1) inline.always(addProducts(1, first, end, from, run));
}

function filterBytes(): usize {
  return (<usize>vectorsOfFilter()) << 4;
}

/** Returns the bytes of a padded row of the image. */
function rowBytes(): usize {
  return (<usize>((width + 2 * padding) * channels)) << 2;
}

/**
 * Lists the non-zero errors, by output and then by place: the address where the window begins, and, `errorValues` bytes
 * behind it, the error. Of four places, those with non-zero errors move to the front of their vectors.
 */
function listErrors(dy: usize): void {
  let to = errorTable;
  for (let o = 0; o < outputs; o++) {
    store<usize>(firstError + ((<usize>o) << 2), to);
    let where = windowTable;
    let left = places;
    for (; left >= 4; left -= 4) {
      to += inline.always(list(to, v128.load(dy), where));
      dy += 16;
      where += 16;
    }
    if (left > 0) {
      to += list(to, loadPart(dy, left), where);
      dy += (<usize>left) << 2;
    }
  }
  store<usize>(firstError + ((<usize>outputs) << 2), to);
}

/** Lists the non-zero ones of four errors; returns the bytes that were added to each list. */
function list(to: usize, errors: v128, where: usize): usize {
  const mask = i32x4.bitmask(f32x4.ne(errors, ZERO));
  const order = v128.load(orderTable + ((<usize>mask) << 4));
  v128.store(to, i8x16.swizzle(v128.load(where), order));
  v128.store(to + errorValues, i8x16.swizzle(errors, order));
  return (<usize>popcnt(mask)) << 2;
}

/** Copies an image `[C, H, W]` to memory with its channels last and its padding around it, or `back` (a constant). */
function exchangeImage(x: usize, back: bool): void {
  const row = rowBytes();
  const step = (<usize>channels) << 2;
  for (let c = 0; c < channels; c++) {
    let line = packed + row * padding + step * padding + ((<usize>c) << 2);
    for (let y = 0; y < height; y++) {
      let at = line;
      for (const end = x + ((<usize>width) << 2); x < end; x += 4) {
        if (back) store<f32>(x, load<f32>(at));
        else store<f32>(at, load<f32>(x));
        at += step;
      }
      line += row;
    }
  }
}

/** Copies filters `[O, C, K, K]` into the order of the runs, or `back` (a constant). */
function exchangeFilters(weights: usize, back: bool): void {
  for (let o = 0; o < outputs; o++) {
    for (let c = 0; c < channels; c++) {
      let run = filters + filterBytes() * o + ((<usize>c) << 2);
      for (let ky = 0; ky < kernel; ky++) {
        let at = run;
        for (let kx = 0; kx < kernel; kx++) {
          if (back) store<f32>(weights, load<f32>(at));
          else store<f32>(at, load<f32>(weights));
          weights += 4;
          at += (<usize>channels) << 2;
        }
        run += (<usize>vectorsOfRun()) << 4;
      }
    }
  }
}

/** Adds Σ error · pixels to `count` (8, 4, 2 or 1, a constant) vectors of a run of a filter's gradient. */
function addProducts(count: i32, e: usize, end: usize, from: usize, filter: usize): void {
  const values = errorValues;
  let c0 = v128.load(filter);
  let c1 = count > 1 ? v128.load(filter, 16) : ZERO;
  let c2 = count > 2 ? v128.load(filter, 32) : ZERO;
  let c3 = count > 2 ? v128.load(filter, 48) : ZERO;
  let c4 = count > 4 ? v128.load(filter, 64) : ZERO;
  let c5 = count > 4 ? v128.load(filter, 80) : ZERO;
  let c6 = count > 4 ? v128.load(filter, 96) : ZERO;
  let c7 = count > 4 ? v128.load(filter, 112) : ZERO;
  for (; e < end; e += 4) {
    const x = from + load<usize>(e);
    const error = v128.load32_splat(e + values);
    c0 = multiplyAdd(c0, error, v128.load(x));
    if (count > 1) c1 = multiplyAdd(c1, error, v128.load(x, 16));
    if (count > 2) c2 = multiplyAdd(c2, error, v128.load(x, 32));
    if (count > 2) c3 = multiplyAdd(c3, error, v128.load(x, 48));
    if (count > 4) c4 = multiplyAdd(c4, error, v128.load(x, 64));
    if (count > 4) c5 = multiplyAdd(c5, error, v128.load(x, 80));
    if (count > 4) c6 = multiplyAdd(c6, error, v128.load(x, 96));
    if (count > 4) c7 = multiplyAdd(c7, error, v128.load(x, 112));
  }
  v128.store(filter, c0);
  if (count > 1) v128.store(filter, c1, 16);
  if (count > 2) v128.store(filter, c2, 32);
  if (count > 2) v128.store(filter, c3, 48);
  if (count > 4) v128.store(filter, c4, 64);
  if (count > 4) v128.store(filter, c5, 80);
  if (count > 4) v128.store(filter, c6, 96);
  if (count > 4) v128.store(filter, c7, 112);
}

/** Adds error · filter to the numbers under the window. */
function scatter(e: usize, end: usize, filter: usize): void {
  const toNextRow = rowBytes() - ((<usize>vectorsOfRun()) << 4);
  const values = errorValues;
  for (; e < end; e += 4) {
    let to = packed + load<usize>(e);
    const error = v128.load32_splat(e + values);
    let w = filter;
    for (let ky = kernel; ky > 0; ky--) {
      let j = vectorsOfRun();
      for (; j >= 4; j -= 4) {
        add(to, error, v128.load(w));
        add(to + 16, error, v128.load(w, 16));
        add(to + 32, error, v128.load(w, 32));
        add(to + 48, error, v128.load(w, 48));
        to += 64;
        w += 64;
      }
      for (; j > 0; j--) {
        add(to, error, v128.load(w));
        to += 16;
        w += 16;
      }
      to += toNextRow;
    }
  }
}

function add(to: usize, error: v128, weights: v128): void {
  v128.store(to, multiplyAdd(v128.load(to), error, weights));
}
