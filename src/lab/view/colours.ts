/* The colours of a heat map's numbers. */

/** Of so many colours on either side, the one of zero. */
export const MIDDLE = 255;
const known = new Map<string, Uint32Array>();

/** 511 colours, from the most negative to the most positive, as the style sheet says; exactly zero is the middle. */
export function palette(above: '--ink' | '--positive'): Uint32Array {
  const made = known.get(above);
  if (made) return made;
  const style = getComputedStyle(document.documentElement);
  const read = (name: string) => {
    const hex = Number.parseInt(style.getPropertyValue(name).trim().slice(1), 16);
    return [hex >> 16, (hex >> 8) & 255, hex & 255];
  };
  const [negative, zero, positive] = [read('--negative'), read('--zero'), read(above)];
  const colours = Uint32Array.from({ length: 2 * MIDDLE + 1 }, (_, i) => {
    const share = Math.abs(i - MIDDLE) / MIDDLE;
    const end = i < MIDDLE ? negative : positive;
    const [r, g, b] = zero.map((value, c) => Math.round(value + share * (end[c] - value)));
    return (255 << 24) | (b << 16) | (g << 8) | r;
  });
  known.set(above, colours);
  return colours;
}

/** The style sheet's colours have changed. */
export function forgetColours(): void {
  known.clear();
}

/** The largest magnitude in any of the arrays: one scale for all. */
export function commonScale(...arrays: readonly ArrayLike<number>[]): number {
  let most = 0;
  for (const array of arrays) for (let i = 0; i < array.length; i++) most = Math.max(most, Math.abs(array[i]));
  return most;
}
