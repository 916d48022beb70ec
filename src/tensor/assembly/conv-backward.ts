/**
 * The backward passes of a convolution. Each chooses the faster of two methods: conv-all.ts multiplies every error,
 * conv-few.ts only the errors that aren't zero.
 */
import { inputFromAll, weightsFromAll } from './conv-all';
import { inputFromFew, spreadFilters, weightsFromFew } from './conv-few';
import { GROUP, imagesInGroup } from './lanes';
import { ZERO } from './vectors';
import { imageBytes, outputBytes, outputs, places, taps, vectorsOfFilter } from './window';

/**
 * Computes dx, the adjoint of the forward pass: at every place p and tap t, it adds Σ_o carrier[o, t]·dy[o, p] to the
 * pixel under the tap. The method depends on each image's own errors alone, so an image's result never depends on the
 * other images of the batch. A group whose images need both methods pays for both.
 *
 * @param dy `[n, O, OH, OW]`
 * @param carrier in the place of the weights: W or B, `[O, C, K, K]`
 * @param dx written: `[n, C, H, W]`
 */
export function convBackwardInput(dy: usize, carrier: usize, dx: usize, n: i32): void {
  let ready = false;
  for (let first = 0; first < n; first += GROUP) {
    const images = imagesInGroup(n, first);
    let few = 0; // one bit per image
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
 * Computes dw[o, t] = Σ_{i,p} dy[i, o, p] · (the pixel of image i under tap t at place p), and db[o] = Σ_{i,p} dy[i, o,
 * p].
 *
 * @param x `[n, C, H, W]`
 * @param dy `[n, O, OH, OW]`
 * @param dw written: `[O, C, K, K]`
 * @param db written: `[O]`
 */
export function convBackwardWeights(x: usize, dy: usize, dw: usize, db: usize, n: i32): void {
  const errors = n * outputs * places;
  // Below 2×2 max pooling at most a quarter is not zero. There, both methods take the same time at worst (measured,
  // with one channel).
  if (nonZeros(dy, errors) * 4 > errors) weightsFromAll(x, dy, dw, db, n);
  else weightsFromFew(x, dy, dw, db, n);
}

/**
 * Returns true if leaving out the zeros makes one image's dx faster. Measured: adding a vector to the pixels under a
 * window takes about three times as long as one multiplication and addition in registers. Each error costs as much as
 * eight more vectors.
 */
function fewForInput(dy: usize): bool {
  const errors = outputs * places;
  return <i64>nonZeros(dy, errors) * <i64>((vectorsOfFilter() + 8) * 12) <= <i64>errors * <i64>taps;
}

/** Returns the number of non-zero numbers. */
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
