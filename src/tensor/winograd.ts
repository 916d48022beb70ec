/*
 * 3×3 convolutions of stride 1 by Winograd's minimal filtering (Lavin & Gray 2016) in plain loops: the reference for
 * assembly/winograd.ts. A tile of 6×6 inputs takes 36 multiplications; the direct sum takes 144:
 *
 * ```
 *   F(4×4, 3×3): y  = Aᵀ[(G w Gᵀ) ⊙ (Bᵀ x B)]A       4×4 outputs; in the backward pass, 4×4 numbers of dx from dy
 *   F(3×3, 4×4): dw = Aᵀ[(G dy Gᵀ) ⊙ (Bᵀ x B)]A      3×3 gradients, from the inputs and 4×4 errors
 * ```
 *
 * The results equal those of the direct convolution except for rounding. In float32 each is off by at most
 *
 *   (C + 18)·2⁻²⁴ · |A|ᵀ[(|G||w||G|ᵀ) ⊙ (|B|ᵀ|x||B|)]|A|, summed over C; for dx with O and dy; for dw (n·tiles + 18)·2⁻²⁴
 *
 * The bound of the direct sum has the magnitudes of its own products instead. Each number of a transformed tile is a
 * sum of up to 36 numbers of the tile. A small number loses digits if there is a large one in the same tile. An
 * infinite number or NaN makes the whole tile NaN, in its own image. For normally distributed numbers and the shapes of
 * a ResNet, the typical error is one to two millionths of a typical result. This is 2 to 12 times the direct kernels'.
 *
 * The points are the usual ones: 0, ±1, ±2 and ∞. F(2×2, 3×3) would round as the direct kernels do, but takes 16
 * products for 4 outputs.
 *
 * Axes: n batch, C input channels, O output channels, H, W rows and columns, OH, OW output rows and columns.
 */
import { ShapeError } from '../errors.js';
import type { Window } from './im2col.js';
import type { Convolution } from './kernels.js';
import type { FloatArray } from './tensor.js';

/** Checks that minimal filtering can compute a window's convolution. @throws {ShapeError} if it can't */
export function checkWinograd(operation: string, { kernel, stride, padding }: Window): void {
  if (kernel === 3 && stride === 1 && padding <= 2) return;
  throw new ShapeError(
    `${operation}: the algorithm is winograd; kernel ${kernel}×${kernel}, stride ${stride}, padding ${padding}. Winograd needs a 3×3 kernel, stride 1 and padding 0 to 2. Choose these, or the algorithm direct.`,
  );
}

type Matrix = readonly (readonly number[])[];

/** The matrices of F(4×4, 3×3) and F(3×3, 4×4), for the points 0, 1, −1, 2, −2 and ∞. */
export const minimalFiltering = {
  /** Bᵀ of both. */
  input: [
    [4, 0, -5, 0, 1, 0],
    [0, -4, -4, 1, 1, 0],
    [0, 4, -4, -1, 1, 0],
    [0, -2, -1, 2, 1, 0],
    [0, 2, -1, -2, 1, 0],
    [0, 4, 0, -5, 0, 1],
  ],
  /** G and Aᵀ of F(4×4, 3×3). */
  filter: [
    [1 / 4, 0, 0],
    [-1 / 6, -1 / 6, -1 / 6],
    [-1 / 6, 1 / 6, -1 / 6],
    [1 / 24, 1 / 12, 1 / 6],
    [1 / 24, -1 / 12, 1 / 6],
    [0, 0, 1],
  ],
  output: [
    [1, 1, 1, 1, 1, 0],
    [0, 1, -1, 2, -2, 0],
    [0, 1, 1, 4, 4, 0],
    [0, 1, -1, 8, -8, 1],
  ],
  /** G and Aᵀ of F(3×3, 4×4). */
  error: [
    [1 / 4, 0, 0, 0],
    [-1 / 6, -1 / 6, -1 / 6, -1 / 6],
    [-1 / 6, 1 / 6, -1 / 6, 1 / 6],
    [1 / 24, 1 / 12, 1 / 6, 1 / 3],
    [1 / 24, -1 / 12, 1 / 6, -1 / 3],
    [0, 0, 0, 1],
  ],
  gradient: [
    [1, 1, 1, 1, 1, 0],
    [0, 1, -1, 2, -2, 0],
    [0, 1, 1, 4, 4, 1],
  ],
} as const satisfies Record<string, Matrix>;

/** The number of outputs, or of errors, in a row of a tile. */
const TILE = 4;
/** The number of inputs in a row under a tile, and of points in a row of a transformed tile. */
const SIDE = 6;

/**
 * Returns the convolution by minimal filtering in plain loops. Only stored numbers are rounded; the rest is float64.
 *
 * @param matrices other matrices, such as their magnitudes, to compute a bound of the sums
 */
export function winogradConvolution(
  matrices: Readonly<Record<keyof typeof minimalFiltering, Matrix>> = minimalFiltering,
): Convolution<FloatArray> {
  const { input, filter, output, error, gradient } = matrices;
  const correlate = correlation(input, filter, output);
  return {
    forward(x, weight, bias, y, n, window) {
      const [below, above] = planesOf(window, bias.length);
      const filterOf = (o: number, c: number) => nthFilter(weight, o * below.channels + c);
      correlate(x, below, filterOf, (o) => bias[o], y, above, n);
    },
    /** Correlates dy with each filter turned by 180°: a product w·x of the forward pass gives w·dy to dx. */
    backwardInput(dy, carrier, dx, n, window) {
      const [below, above] = planesOf(window, carrier.length / (window.channels * 9));
      const filterOf = (c: number, o: number) => nthFilter(carrier, o * below.channels + c).reverse();
      correlate(dy, { ...above, padding: 2 - below.padding }, filterOf, () => 0, dx, below, n);
    },
    backwardWeights(x, dy, dw, db, n, window) {
      const [below, above] = planesOf(window, db.length);
      const sums = listOf(above.channels * below.channels, () => new Float64Array(SIDE ** 2));
      for (let i = 0; i < n; i++) {
        eachTile(above, (oy, ox) => {
          const errors = listOf(above.channels, (o) => sandwich(error, tileAt(dy, above, i, o, oy, ox, TILE)));
          const pixels = listOf(below.channels, (c) => sandwich(input, tileAt(x, below, i, c, oy, ox, SIDE)));
          for (let o = 0; o < above.channels; o++) {
            for (let c = 0; c < below.channels; c++) addProducts(sums[o * below.channels + c], errors[o], pixels[c]);
          }
        });
      }
      for (let filter = 0; filter < sums.length; filter++) dw.set(sandwich(gradient, sums[filter]), filter * 9);
      for (let o = 0; o < above.channels; o++) db[o] = sumOf(dy, above, n, o);
    },
  };
}

/** Returns a copy of the 3×3 numbers of filter i. */
const nthFilter = (weight: FloatArray, i: number): FloatArray => weight.slice(i * 9, (i + 1) * 9);

/** Returns the planes of a window's input, and those of its output with `outputs` channels. */
const planesOf = (
  { channels, height, width, padding, outHeight, outWidth }: Window,
  outputs: number,
): [below: PaddedPlanes, above: PaddedPlanes] => [
  { channels, height, width, padding },
  { channels: outputs, height: outHeight, width: outWidth, padding: 0 },
];

interface Planes {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/** Planes with `padding` zeros around each. */
interface PaddedPlanes extends Planes {
  readonly padding: number;
}

/** Computes y[i, o] = bias(o) + Σ_c x[i, c] ∗ filterOf(o, c), tile by tile. */
const correlation =
  (input: Matrix, filter: Matrix, output: Matrix) =>
  (
    x: FloatArray,
    from: PaddedPlanes,
    filterOf: (o: number, c: number) => FloatArray,
    bias: (o: number) => number,
    y: FloatArray,
    to: Planes,
    n: number,
  ): void => {
    const filters = listOf(to.channels, (o) => listOf(from.channels, (c) => sandwich(filter, filterOf(o, c))));
    for (let i = 0; i < n; i++) {
      eachTile(to, (oy, ox) => {
        const pixels = listOf(from.channels, (c) => sandwich(input, tileAt(x, from, i, c, oy, ox, SIDE)));
        for (let o = 0; o < to.channels; o++) {
          const sums = new Float64Array(SIDE ** 2);
          for (let c = 0; c < from.channels; c++) addProducts(sums, filters[o][c], pixels[c]);
          const tile = sandwich(output, sums);
          for (let ty = 0; ty < TILE && oy + ty < to.height; ty++) {
            for (let tx = 0; tx < TILE && ox + tx < to.width; tx++) {
              y[((i * to.channels + o) * to.height + oy + ty) * to.width + ox + tx] = tile[TILE * ty + tx] + bias(o);
            }
          }
        }
      });
    }
  };

const listOf = <T>(length: number, make: (i: number) => T): T[] => Array.from({ length }, (_, i) => make(i));

/** sums += a ⊙ b */
function addProducts(sums: Float64Array, a: Float64Array, b: Float64Array): void {
  for (let p = 0; p < sums.length; p++) sums[p] += a[p] * b[p];
}

/**
 * Calls `each` with the upper left place of each tile of outputs. The last tile of a row or column may reach beyond it.
 */
function eachTile({ height, width }: Planes, each: (oy: number, ox: number) => void): void {
  for (let oy = 0; oy < height; oy += TILE) for (let ox = 0; ox < width; ox += TILE) each(oy, ox);
}

/** Returns the `size`×`size` numbers of plane c of image i that begin at a place of the padded plane. */
function tileAt(
  x: FloatArray,
  { channels, height, width, padding }: PaddedPlanes,
  i: number,
  c: number,
  top: number,
  left: number,
  size: number,
): Float64Array {
  const tile = new Float64Array(size * size);
  for (let at = 0; at < tile.length; at++) {
    const row = top + Math.floor(at / size) - padding;
    const column = left + (at % size) - padding;
    if (row < 0 || row >= height || column < 0 || column >= width) continue;
    tile[at] = x[((i * channels + c) * height + row) * width + column];
  }
  return tile;
}

/** One row of M t, while M t Mᵀ is computed. */
const half = new Float64Array(SIDE);

/** Returns M t Mᵀ for a square t, row by row. */
function sandwich(m: Matrix, t: FloatArray): Float64Array {
  const [results, size] = [m.length, m[0].length];
  const whole = new Float64Array(results * results);
  for (let r = 0; r < results; r++) {
    half.fill(0, 0, size);
    for (let k = 0; k < size; k++) {
      const factor = m[r][k];
      if (factor !== 0) for (let c = 0; c < size; c++) half[c] += factor * t[k * size + c];
    }
    for (let c = 0; c < results; c++) {
      const row = m[c];
      let sum = 0;
      for (let k = 0; k < size; k++) sum += half[k] * row[k];
      whole[r * results + c] = sum;
    }
  }
  return whole;
}

/** Returns the sum of all numbers of channel c over n images. */
function sumOf(x: FloatArray, { channels, height, width }: Planes, n: number, c: number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const first = (i * channels + c) * height * width;
    for (let at = first; at < first + height * width; at++) sum += x[at];
  }
  return sum;
}
