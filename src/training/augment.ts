/* Axes: C channels, H, W rows and columns. */
import type { RandomStream } from '../tensor/random.js';
import type { FloatArray } from '../tensor/tensor.js';

/** How far an image may be moved each way, in pixels. */
const PADDING = 4;

/**
 * The usual augmentation for CIFAR-10: padded by 4 black pixels on each side, cropped to its own size at a
 * random place, and mirrored left to right with probability 1/2.
 *
 * @param image `[C, H, W]`, in [0, 1]
 * @param out written: the same shape, in other memory
 */
export function augment(
  image: FloatArray,
  out: FloatArray,
  [channels, height, width]: readonly number[],
  random: RandomStream,
): void {
  const down = random.integer(-PADDING, PADDING);
  const right = random.integer(-PADDING, PADDING);
  const mirrored = random.integer(0, 1) === 1;
  let to = 0;
  for (let c = 0; c < channels; c++) {
    for (let y = 0; y < height; y++) {
      const row = y + down;
      for (let x = 0; x < width; x++, to++) {
        const column = (mirrored ? width - 1 - x : x) + right;
        const inside = row >= 0 && row < height && column >= 0 && column < width;
        out[to] = inside ? image[(c * height + row) * width + column] : 0;
      }
    }
  }
}
