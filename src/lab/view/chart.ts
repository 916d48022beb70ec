/* A chart of lines, drawn in SVG, with its numbers as a table behind it. */
import { ChartTable } from './chart-table.js';
import { h, setAttribute, setText, svg } from './dom.js';
import { TICKS, ticksOf } from './ticks.js';

export interface Line {
  readonly name: string;
  /** A class of the style sheet: which network's colour. */
  readonly tone: string;
  readonly dashed?: boolean;
  /** In the order of x. */
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface ChartOptions {
  readonly title: string;
  readonly x: { readonly label: string; readonly most: number };
  readonly y: {
    readonly least: number;
    readonly most: number;
    /** Between two ticks; a round number where none is given. */
    readonly every?: number;
    readonly text: (value: number) => string;
  };
}

/** As in the style sheet. */
const HEIGHT = 220;
const [LEFT, RIGHT, TOP, BOTTOM] = [48, 8, 10, 34];

export class Chart {
  readonly element: HTMLElement;
  private readonly paths = new Map<string, SVGPathElement>();
  private readonly drawing: SVGSVGElement;
  private readonly ticks: { x: SVGTextElement[]; y: SVGTextElement[]; grid: SVGLineElement[] };
  private readonly legend = h('ul', { class: 'legend' });
  private readonly across: SVGTextElement;
  private readonly table: ChartTable;
  private options: ChartOptions;
  private lines: readonly Line[] = [];
  /** What the page gives it: a line is as thick, and a number as large, in a narrow chart as in a wide one. */
  private width = 420;

  constructor(options: ChartOptions) {
    this.options = options;
    const places = Array.from({ length: TICKS + 1 });
    this.ticks = {
      y: places.map(() => svg('text', { x: LEFT - 6, 'text-anchor': 'end' })),
      x: places.map(() => svg('text', { y: HEIGHT - 17, 'text-anchor': 'middle' })),
      grid: places.map(() => svg('line', { class: 'grid', x1: LEFT })),
    };
    this.across = svg('text', { y: HEIGHT - 3, 'text-anchor': 'end' }, options.x.label);
    this.drawing = svg(
      'svg',
      { role: 'img', 'aria-label': options.title, class: 'chart' },
      ...this.ticks.grid,
      ...this.ticks.y,
      ...this.ticks.x,
      this.across,
    );
    this.table = new ChartTable(options.title);
    this.element = h('figure', {}, h('figcaption', {}, options.title), this.drawing, this.legend, this.table.element);
    new ResizeObserver(([{ contentRect }]) => {
      if (contentRect.width === 0 || contentRect.width === this.width) return;
      this.width = contentRect.width;
      this.draw(this.lines);
    }).observe(this.drawing);
  }

  draw(lines: readonly Line[], changes: Partial<ChartOptions> = {}): void {
    this.lines = lines;
    this.options = { ...this.options, ...changes };
    const { x, y } = this.options;
    const across = (value: number) => LEFT + (value / x.most) * (this.width - LEFT - RIGHT);
    const down = (value: number) => {
      const share = Math.max(0, Math.min(1, (value - y.least) / (y.most - y.least)));
      return TOP + (1 - share) * (HEIGHT - TOP - BOTTOM);
    };
    this.drawTicks(across, down);
    const place = ([px, py]: readonly [number, number]) => `${across(px).toFixed(1)} ${down(py).toFixed(1)}`;
    const names = lines.map(({ name }) => name).join();
    if (names !== [...this.paths.keys()].join()) this.begin(lines);
    for (const { name, points } of lines) {
      const known = points.filter(([, value]) => Number.isFinite(value));
      const path = this.paths.get(name) as SVGPathElement;
      setAttribute(path, 'd', known.length > 0 ? `M${known.map(place).join('L')}` : '');
    }
    this.table.show(lines, x.label, y.text);
  }

  private drawTicks(across: (value: number) => number, down: (value: number) => number): void {
    const { x, y } = this.options;
    const show = (element: Element, tick: number | undefined) =>
      setAttribute(element, 'display', tick === undefined && 'none');
    const right = this.width - RIGHT;
    setAttribute(this.across, 'x', right);
    for (const line of this.ticks.grid) setAttribute(line, 'x2', right);
    const ys = ticksOf(y.least, y.most, y.every);
    for (const [i, text] of this.ticks.y.entries()) {
      const line = this.ticks.grid[i];
      for (const element of [text, line]) show(element, ys[i]);
      if (ys[i] === undefined) continue;
      const at = down(ys[i]).toFixed(1);
      setText(text, y.text(ys[i]));
      setAttribute(text, 'y', Number(at) + 4);
      setAttribute(line, 'y1', at);
      setAttribute(line, 'y2', at);
    }
    const xs = ticksOf(0, x.most);
    for (const [i, text] of this.ticks.x.entries()) {
      show(text, xs[i]);
      if (xs[i] === undefined) continue;
      setText(text, `${xs[i]}`);
      setAttribute(text, 'x', across(xs[i]).toFixed(1));
      setAttribute(text, 'text-anchor', xs[i] === x.most ? 'end' : 'middle');
    }
  }

  private begin(lines: readonly Line[]): void {
    for (const path of this.paths.values()) path.remove();
    this.paths.clear();
    this.legend.replaceChildren();
    for (const { name, tone, dashed } of lines) {
      const kind = `line ${tone} ${dashed ? 'dashed' : ''}`;
      const path = svg('path', { class: kind });
      this.paths.set(name, path);
      this.drawing.append(path);
      const key = svg(
        'svg',
        { viewBox: '0 0 22 8', class: 'key', 'aria-hidden': 'true' },
        svg('path', { class: kind, d: 'M0 4L22 4' }),
      );
      this.legend.append(h('li', {}, key, name));
    }
  }
}
