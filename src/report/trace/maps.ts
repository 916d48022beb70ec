/** Pictures in block characters. */
import type { FloatArray } from '../../tensor/tensor.js';

/** From nothing to all of the layer's greatest magnitude. */
const SHADES = ' ░▒▓█';
/** Columns that a map may take; a character stands for twice as many rows as columns, being twice as high as wide. */
const WIDEST = 14;

/**
 * A layer's maps in a row, side by side, shaded by the mean magnitude under each character, on one scale for all.
 *
 * @param shape `[C, H, W]`
 * @param width columns of the terminal; maps that don't fit are left out
 * @returns the lines, and how many maps they show
 */
export function mapRow(
  values: FloatArray,
  shape: readonly number[],
  width: number,
): { lines: string[]; shown: number } {
  const [channels, rows, columns] = shape;
  const cell = Math.ceil(columns / WIDEST);
  const [across, down] = [Math.ceil(columns / cell), Math.ceil(rows / (2 * cell))];
  const shown = Math.max(1, Math.min(channels, Math.floor((width + 1) / (across + 1))));
  const means = new Float64Array(shown * down * across);
  for (let c = 0; c < shown; c++) {
    for (let y = 0; y < down; y++) {
      for (let x = 0; x < across; x++) {
        means[(c * down + y) * across + x] = meanMagnitude(values, [c, rows, columns], [2 * cell * y, cell * x], cell);
      }
    }
  }
  const greatest = means.reduce((most, mean) => Math.max(most, mean), 0);
  const shade = (mean: number) => SHADES[greatest > 0 ? Math.round((mean / greatest) * (SHADES.length - 1)) : 0];
  const lines = Array.from({ length: down }, (_, y) =>
    Array.from({ length: shown }, (_map, c) => {
      const from = (c * down + y) * across;
      return Array.from(means.subarray(from, from + across), shade).join('');
    })
      .join(' ')
      .trimEnd(),
  );
  return { lines, shown };
}

/** Over 2·cell rows and cell columns from (top, left), those outside the map left out. */
function meanMagnitude(
  values: FloatArray,
  [channel, rows, columns]: readonly [number, number, number],
  [top, left]: readonly [number, number],
  cell: number,
): number {
  let [sum, count] = [0, 0];
  for (let y = top; y < Math.min(top + 2 * cell, rows); y++) {
    for (let x = left; x < Math.min(left + cell, columns); x++) {
      sum += Math.abs(values[(channel * rows + y) * columns + x]);
      count++;
    }
  }
  return sum / count;
}
