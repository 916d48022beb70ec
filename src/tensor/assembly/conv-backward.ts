/**
 * The backward passes of a convolution, each along the cheaper of two ways: conv-all.ts multiplies every error,
 * conv-few.ts only those that aren't zero.
 */
import { inputFromAll, weightsFromAll } from './conv-all';
import { inputFromFew, spreadFilters, weightsFromFew } from './conv-few';
import { GROUP, imagesInGroup } from './lanes';
import { ZERO } from './vectors';
import { imageBytes, outputBytes, outputs, places, taps, vectorsOfFilter } from './window';

/**
 * dx, the adjoint of the forward pass: at every place p and tap t, Σ_o carrier[o, t]·dy[o, p] is added to the pixel
 * under that tap. Which way an image goes depends on its own errors alone, so that its result never depends on the
 * batch it stands in; a group whose images go both ways pays for both.
 *
 * @param dy `[n, O, OH, OW]`
 * @param carrier `[O, C, K, K]`, in the place of the weights
 * @param dx written: `[n, C, H, W]`
 */
export function convBackwardInput(dy: usize, carrier: usize, dx: usize, n: i32): void {
  let ready = false;
  for (let first = 0; first < n; first += GROUP) {
    const images = imagesInGroup(n, first);
    let few = 0; // a bit an image
    for (let i = 0; i < images; i++) if (fewForInput(dy + outputBytes * i)) few |= 1 << i;
    if (few !== (1 << images) - 1) inputFromAll(dy, carrier, dx, images);
    if (few !== 0 && !ready) {
      spreadFilters(carrier);
      ready = true;
    }
    for (let i = 0; i < images; i++) if (few & (1 << i)) inputFromFew(dy + outputBytes * i, dx + imageBytes * i);
    dy += outputBytes << 2;
    dx += imageBytes << 2;
  }
}

/**
 * dw[o, t] = Σ_{i,p} dy[i, o, p] · (the pixel of image i under tap t at place p), and db[o] = Σ_{i,p} dy[i, o, p].
 *
 * @param x `[n, C, H, W]`
 * @param dy `[n, O, OH, OW]`
 * @param dw written: `[O, C, K, K]`
 * @param db written: `[O]`
 */
export function convBackwardWeights(x: usize, dy: usize, dw: usize, db: usize, n: i32): void {
  const errors = n * outputs * places;
  // 2×2 max pooling leaves a quarter at most; measured, both ways take the same time there at worst (one channel).
  if (nonZeros(dy, errors) * 4 > errors) weightsFromAll(x, dy, dw, db, n);
  else weightsFromFew(x, dy, dw, db, n);
}

/**
 * Whether leaving out the zeros pays for one image's dx. Measured: a vector that is added to what lies under a window
 * takes about three times as long as one that is multiplied and added in a register, and each error costs as much as
 * eight vectors more.
 */
function fewForInput(dy: usize): bool {
  const errors = outputs * places;
  return <i64>nonZeros(dy, errors) * <i64>((vectorsOfFilter() + 8) * 12) <= <i64>errors * <i64>taps;
}

/** How many of the numbers are not zero. */
function nonZeros(from: usize, length: i32): i32 {
  let counts = i32x4.splat(0);
  const end = from + ((<usize>(length & ~3)) << 2);
  for (; from < end; from += 16) counts = i32x4.sub(counts, f32x4.ne(v128.load(from), ZERO));
  let count =
    i32x4.extract_lane(counts, 0) +
    i32x4.extract_lane(counts, 1) +
    i32x4.extract_lane(counts, 2) +
    i32x4.extract_lane(counts, 3);
  for (let left = length & 3; left > 0; left--) {
    if (load<f32>(from) !== 0) count++;
    from += 4;
  }
  return count;
}
