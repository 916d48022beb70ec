/* Round numbers along an axis. */

/** Ticks beyond the first, at most. */
export const TICKS = 5;

/** Round numbers from the least on, so many ticks at most. */
export function ticksOf(least: number, most: number, every = roundUp((most - least) / TICKS)): number[] {
  const count = Math.min(TICKS, Math.floor((most - least) / every + 1e-9));
  return Array.from({ length: count + 1 }, (_, i) => Number((least + i * every).toPrecision(6)));
}

/** The next of 1, 2, 2.5, 5 and 10, times a power of ten. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const digit = [1, 2, 2.5, 5, 10].find((candidate) => candidate * power >= value * (1 - 1e-9)) ?? 10;
  return digit * power;
}
