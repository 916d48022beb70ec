/* Numbers as colours, on a canvas that can be pointed at and walked over with the arrow keys. */
import { h, setAttribute } from './dom.js';

/** How a tensor is laid out: maps of rows and columns, so many beside each other. */
interface Layout {
  readonly maps: number;
  readonly rows: number;
  readonly columns: number;
  readonly across: number;
  /** Pixels of one number's square. */
  readonly cell: number;
}

const GAP = 2;
/** What a canvas is as wide as at most, in its own pixels; the page may show it smaller. */
const WIDTH = 360;

function layoutOf(shape: readonly number[]): Layout {
  if (shape.length === 1) {
    const columns = shape[0] <= 10 ? shape[0] : Math.ceil(Math.sqrt(2.5 * shape[0]));
    return fit({ maps: 1, rows: Math.ceil(shape[0] / columns), columns, across: 1 });
  }
  if (shape.length === 2) return fit({ maps: 1, rows: shape[0], columns: shape[1], across: 1 });
  const [rows, columns] = shape.slice(-2);
  const maps = shape.slice(0, -2).reduce((product, extent) => product * extent, 1);
  const across =
    maps <= 1 ? 1 : shape.length === 4 && shape[1] > 1 ? Math.min(24, maps) : Math.min(maps, columns > 20 ? 3 : 4);
  return fit({ maps, rows, columns, across });
}

function fit(layout: Omit<Layout, 'cell'>): Layout {
  const most = (WIDTH - GAP * (layout.across - 1)) / (layout.across * layout.columns);
  return { ...layout, cell: Math.max(1, Math.min(24, Math.floor(most))) };
}

export interface Picture {
  readonly values: ArrayLike<number>;
  readonly shape: readonly number[];
  /** The magnitude of the deepest colour; colours go with the root of the magnitude, so that small ones show. */
  readonly scale: number;
  readonly label: string;
  /** Whether the numbers are pixels, shown as ink on paper. */
  readonly pixels?: boolean;
}

export class HeatMap {
  readonly canvas: HTMLCanvasElement;
  private layout: Layout = { maps: 0, rows: 0, columns: 0, across: 1, cell: 1 };
  private shown: Picture | undefined;
  private cursor: number | undefined;

  /** @param onPoint told the offset of the number that is pointed at, and whether it is to stay */
  constructor(private readonly onPoint?: (offset: number, stay: boolean) => void) {
    const listeners = onPoint && {
      tabindex: 0,
      role: 'application',
      'aria-roledescription': 'heat map: arrow keys go from number to number',
      onpointermove: (event: PointerEvent) => this.pointed(event, false),
      onpointerdown: (event: PointerEvent) => this.pointed(event, true),
      onkeydown: (event: KeyboardEvent) => this.key(event),
    };
    this.canvas = h('canvas', { class: 'heat', role: 'img', 'aria-label': 'not computed yet', ...listeners });
  }

  /** Paints; the same picture again only when the colours have changed. */
  draw(picture: Picture, repaint = false): void {
    if (this.shown?.values === picture.values && this.shown.scale === picture.scale && !repaint) return;
    if (this.shown?.values.length !== picture.values.length) this.cursor = undefined;
    this.shown = picture;
    this.layout = layoutOf(picture.shape);
    setAttribute(this.canvas, 'aria-label', picture.label);
    this.paint();
  }

  /** Marks a number; undefined for none. */
  mark(offset: number | undefined): void {
    if (offset === this.cursor) return;
    this.cursor = offset;
    this.paint();
  }

  private paint(): void {
    if (!this.shown) return;
    const { values, scale, pixels: linear } = this.shown;
    const { maps, rows, columns, across, cell } = this.layout;
    const width = across * columns * cell + (across - 1) * GAP;
    const down = Math.ceil(maps / across);
    const height = down * rows * cell + (down - 1) * GAP;
    const { canvas } = this;
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    const context = canvas.getContext('2d');
    if (!context) return;
    const image = context.createImageData(width, height);
    const pixels = new Uint32Array(image.data.buffer);
    const colours = palette(this.shown.pixels ? '--ink' : '--positive');
    for (let i = 0; i < values.length; i++) {
      const [left, top] = this.corner(i);
      const part = scale > 0 ? Math.min(1, Math.abs(values[i]) / scale) : 0;
      const share = linear ? part : Math.sqrt(part);
      const colour = colours[Math.round(MIDDLE + Math.sign(values[i]) * share * MIDDLE)];
      for (let y = top; y < top + cell; y++) pixels.fill(colour, y * width + left, y * width + left + cell);
    }
    context.putImageData(image, 0, 0);
    if (this.cursor === undefined) return;
    const [left, top] = this.corner(this.cursor);
    context.lineWidth = 2;
    context.strokeStyle = getComputedStyle(document.documentElement).getPropertyValue('--mark');
    context.strokeRect(left - 1, top - 1, cell + 2, cell + 2);
  }

  private corner(i: number): [left: number, top: number] {
    const { rows, columns, across, cell } = this.layout;
    const map = Math.floor(i / (rows * columns));
    const [y, x] = [Math.floor(i / columns) % rows, i % columns];
    return [
      (map % across) * (columns * cell + GAP) + x * cell,
      Math.floor(map / across) * (rows * cell + GAP) + y * cell,
    ];
  }

  private pointed(event: PointerEvent, stay: boolean): void {
    const { maps, rows, columns, across, cell } = this.layout;
    const box = this.canvas.getBoundingClientRect();
    const left = ((event.clientX - box.left) / box.width) * this.canvas.width;
    const top = ((event.clientY - box.top) / box.height) * this.canvas.height;
    const [mapX, mapY] = [Math.floor(left / (columns * cell + GAP)), Math.floor(top / (rows * cell + GAP))];
    const x = Math.floor((left - mapX * (columns * cell + GAP)) / cell);
    const y = Math.floor((top - mapY * (rows * cell + GAP)) / cell);
    const map = mapY * across + mapX;
    const offset = (map * rows + y) * columns + x;
    if (x < 0 || x >= columns || y < 0 || y >= rows || map >= maps || offset >= (this.shown?.values.length ?? 0))
      return;
    this.onPoint?.(offset, stay);
  }

  private key(event: KeyboardEvent): void {
    const { columns } = this.layout;
    const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const length = this.shown?.values.length ?? 0;
    const next = this.cursor === undefined ? 0 : this.cursor + by;
    if (next >= 0 && next < length) this.onPoint?.(next, true);
  }
}

const MIDDLE = 255;
const known = new Map<string, Uint32Array>();

/** 511 colours, from the most negative to the most positive, as the style sheet says; exactly zero is the middle. */
function palette(above: '--ink' | '--positive'): Uint32Array {
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
