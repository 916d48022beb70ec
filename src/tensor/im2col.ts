import * as check from '../check.js';
import { ShapeError } from '../errors.js';
import type { FloatArray } from './tensor.js';

/**
 * The geometry of a window that slides over one image.
 *
 * Axes: C channels; H, W rows and columns of the input; K kernel rows and columns; OH, OW of the output.
 */
export interface Window {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
  readonly outHeight: number;
  readonly outWidth: number;
}

/**
 * Computes a window's geometry, with the output extent OH = ⌊(H + 2·padding − K) / stride⌋ + 1 (OW likewise).
 *
 * @param operation the operation's name, for messages
 * @param inputShape `[C, H, W]`
 * @throws {ShapeError} if the kernel is larger than the padded input, or a value is out of range
 * @throws {TypeError} if the shape is not an array, or the options are not an object
 */
export function slidingWindow(
  operation: string,
  inputShape: readonly number[],
  options: { readonly kernel: number; readonly stride?: number; readonly padding?: number },
): Window {
  check.shape(operation, 'inputShape', inputShape, ['C', 'H', 'W']);
  check.object(operation, 'options', options, 'an object with kernel');
  const [channels, height, width] = inputShape;
  const { kernel, stride = 1, padding = 0 } = options;
  const whole = [kernel, stride, padding].every(Number.isInteger);
  if (!(whole && kernel >= 1 && stride >= 1 && padding >= 0)) {
    throw new ShapeError(
      `${operation}: kernel ${kernel}, stride ${stride}, padding ${padding}; all must be whole numbers, kernel and stride at least 1, padding at least 0`,
    );
  }
  const outHeight = Math.floor((height + 2 * padding - kernel) / stride) + 1;
  const outWidth = Math.floor((width + 2 * padding - kernel) / stride) + 1;
  if (!(outHeight >= 1 && outWidth >= 1)) {
    throw new ShapeError(
      `${operation}: a ${kernel}×${kernel} kernel does not fit an input of ${height}×${width} with padding ${padding}`,
    );
  }
  return { channels, height, width, kernel, stride, padding, outHeight, outWidth };
}

/** Returns the shape of the unrolled image: `[C·K·K, OH·OW]`. */
export const im2colShape = ({ channels, kernel, outHeight, outWidth }: Window): [taps: number, places: number] => [
  channels * kernel * kernel,
  outHeight * outWidth,
];

/**
 * Unrolls one image so that a convolution becomes a matrix product. Column (oy, ox) of `cols` holds the C·K·K pixels
 * under the kernel at output (oy, ox); pixels outside of the image are 0.
 *
 * ```
 *   x [C, H, W], K = 2            cols [C·K·K, OH·OW]
 *   a b c                         a b d e    ← top-left pixel of every window
 *   d e f          ──────►        b c e f    ← top-right
 *   g h i                         d e g h    ← bottom-left
 *                                 e f h i    ← bottom-right
 * ```
 *
 * @param x one image, `[C, H, W]`
 * @param cols written: `[C·K·K, OH·OW]`; row index `(c·K + ky)·K + kx`
 */
export function im2col(x: FloatArray, cols: FloatArray, window: Window): void {
  const { channels, height, width, kernel, stride, padding, outHeight, outWidth } = window;
  let out = 0;
  for (let c = 0; c < channels; c++) {
    for (let ky = 0; ky < kernel; ky++) {
      for (let kx = 0; kx < kernel; kx++) {
        const [first, last] = insideRange(width, kx, stride, padding, outWidth);
        for (let oy = 0; oy < outHeight; oy++, out += outWidth) {
          const y = oy * stride + ky - padding;
          if (y < 0 || y >= height) {
            cols.fill(0, out, out + outWidth);
            continue;
          }
          const row = (c * height + y) * width + kx - padding;
          for (let ox = 0; ox < first; ox++) cols[out + ox] = 0;
          for (let ox = first; ox < last; ox++) cols[out + ox] = x[row + ox * stride];
          for (let ox = last; ox < outWidth; ox++) cols[out + ox] = 0;
        }
      }
    }
  }
}

/**
 * Computes the adjoint of {@link im2col}: adds every entry of `cols` to the pixel that it was copied from. For all x
 * and c, ⟨im2col(x), c⟩ = ⟨x, col2im(c)⟩.
 *
 * @param cols `[C·K·K, OH·OW]`
 * @param dx overwritten: `[C, H, W]`
 */
export function col2im(cols: FloatArray, dx: FloatArray, window: Window): void {
  const { channels, height, width, kernel, stride, padding, outHeight, outWidth } = window;
  dx.fill(0, 0, channels * height * width);
  let from = 0;
  for (let c = 0; c < channels; c++) {
    for (let ky = 0; ky < kernel; ky++) {
      for (let kx = 0; kx < kernel; kx++) {
        const [first, last] = insideRange(width, kx, stride, padding, outWidth);
        for (let oy = 0; oy < outHeight; oy++, from += outWidth) {
          const y = oy * stride + ky - padding;
          if (y < 0 || y >= height) continue;
          const row = (c * height + y) * width + kx - padding;
          for (let ox = first; ox < last; ox++) dx[row + ox * stride] += cols[from + ox];
        }
      }
    }
  }
}

/**
 * Returns the range `[first, last)` of outputs along a row for which the kernel's column `kx` lies inside the image.
 */
function insideRange(width: number, kx: number, stride: number, padding: number, outWidth: number): [number, number] {
  const first = Math.min(outWidth, Math.max(0, Math.ceil((padding - kx) / stride)));
  const last = Math.max(first, Math.min(outWidth, Math.floor((width - 1 + padding - kx) / stride) + 1));
  return [first, last];
}
