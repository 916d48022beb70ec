/* Numbers as colours, on a canvas that can be pointed at and walked over with the arrow keys. */
import { MIDDLE, palette } from './colours.js';
import { h, setAttribute } from './dom.js';
import { corner, extent, type Layout, layoutOf, offsetAt } from './heat-layout.js';

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
    const { canvas, layout } = this;
    const { cell } = layout;
    const [width, height] = extent(layout);
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    const context = canvas.getContext('2d');
    if (!context) return;
    const image = context.createImageData(width, height);
    const pixels = new Uint32Array(image.data.buffer);
    const colours = palette(this.shown.pixels ? '--ink' : '--positive');
    for (let i = 0; i < values.length; i++) {
      const [left, top] = corner(layout, i);
      const part = scale > 0 ? Math.min(1, Math.abs(values[i]) / scale) : 0;
      const share = linear ? part : Math.sqrt(part);
      const colour = colours[Math.round(MIDDLE + Math.sign(values[i]) * share * MIDDLE)];
      for (let y = top; y < top + cell; y++) pixels.fill(colour, y * width + left, y * width + left + cell);
    }
    context.putImageData(image, 0, 0);
    if (this.cursor === undefined) return;
    const [left, top] = corner(layout, this.cursor);
    context.lineWidth = 2;
    context.strokeStyle = getComputedStyle(document.documentElement).getPropertyValue('--mark');
    context.strokeRect(left - 1, top - 1, cell + 2, cell + 2);
  }

  private pointed(event: PointerEvent, stay: boolean): void {
    const box = this.canvas.getBoundingClientRect();
    const left = ((event.clientX - box.left) / box.width) * this.canvas.width;
    const top = ((event.clientY - box.top) / box.height) * this.canvas.height;
    const offset = offsetAt(this.layout, left, top);
    if (offset === undefined || offset >= (this.shown?.values.length ?? 0)) return;
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
