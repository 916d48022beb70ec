/* A chart of lines, drawn in SVG, with its numbers as a table behind it. */
import { h, setAttribute, setText, svg } from './dom.js';

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
  readonly y: { readonly least: number; readonly most: number; readonly text: (value: number) => string };
}

const [WIDTH, HEIGHT] = [420, 200];
const [LEFT, RIGHT, TOP, BOTTOM] = [44, 8, 10, 30];
const TICKS = 4;

export class Chart {
  readonly element: HTMLElement;
  private readonly paths = new Map<string, SVGPathElement>();
  private readonly drawing: SVGSVGElement;
  private readonly ticks: { x: SVGTextElement[]; y: SVGTextElement[] };
  private readonly legend = h('ul', { class: 'legend' });
  private readonly table = h('tbody');
  private readonly head = h('tr');
  private readonly details: HTMLDetailsElement;
  private lines: readonly Line[] = [];
  private options: ChartOptions;

  constructor(options: ChartOptions) {
    this.options = options;
    const places = Array.from({ length: TICKS + 1 }, (_, i) => i / TICKS);
    const line = (share: number) => TOP + (1 - share) * (HEIGHT - TOP - BOTTOM);
    const grid = places.map((share) =>
      svg('line', { class: 'grid', x1: LEFT, x2: WIDTH - RIGHT, y1: line(share), y2: line(share) }),
    );
    this.ticks = {
      y: places.map((share) => svg('text', { x: LEFT - 6, y: line(share) + 4, 'text-anchor': 'end' })),
      x: places.map((share) =>
        svg('text', {
          x: LEFT + share * (WIDTH - LEFT - RIGHT),
          y: HEIGHT - 12,
          'text-anchor': share === 1 ? 'end' : 'middle',
        }),
      ),
    };
    this.drawing = svg(
      'svg',
      { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', 'aria-label': options.title, class: 'chart' },
      ...grid,
      ...this.ticks.y,
      ...this.ticks.x,
      svg('text', { x: WIDTH - RIGHT, y: HEIGHT - 1, 'text-anchor': 'end', class: 'soft' }, options.x.label),
    );
    this.details = h(
      'details',
      { ontoggle: () => this.fillTable() },
      h('summary', {}, 'The numbers'),
      h(
        'div',
        { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': `${options.title}: numbers` },
        h('table', {}, h('thead', {}, this.head), this.table),
      ),
    );
    this.element = h('figure', {}, h('figcaption', {}, options.title), this.drawing, this.legend, this.details);
  }

  draw(lines: readonly Line[], changes: Partial<ChartOptions> = {}): void {
    this.options = { ...this.options, ...changes };
    this.lines = lines;
    const { x, y } = this.options;
    const span = y.most - y.least;
    this.ticks.y.forEach((text, i) => {
      setText(text, y.text(y.least + (i / TICKS) * span));
    });
    this.ticks.x.forEach((text, i) => {
      setText(text, `${Number(((i / TICKS) * x.most).toPrecision(3))}`);
    });
    const place = ([px, py]: readonly [number, number]) => {
      const share = Math.max(0, Math.min(1, (py - y.least) / span));
      const at = [LEFT + (px / x.most) * (WIDTH - LEFT - RIGHT), TOP + (1 - share) * (HEIGHT - TOP - BOTTOM)];
      return at.map((value) => value.toFixed(1)).join(' ');
    };
    const names = lines.map(({ name }) => name).join();
    if (names !== [...this.paths.keys()].join()) this.begin(lines);
    for (const { name, points } of lines) {
      const known = points.filter(([, value]) => Number.isFinite(value));
      const path = this.paths.get(name) as SVGPathElement;
      setAttribute(path, 'd', known.length > 0 ? `M${known.map(place).join('L')}` : '');
    }
    if (this.details.open) this.fillTable();
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

  /** Only while it is looked at. */
  private fillTable(): void {
    const { lines, options } = this;
    this.head.replaceChildren(
      h('th', { scope: 'col' }, options.x.label),
      ...lines.map(({ name }) => h('th', { scope: 'col' }, name)),
    );
    const xs = [...new Set(lines.flatMap(({ points }) => points.map(([x]) => x)))].sort((a, b) => a - b);
    const cell = ({ points }: Line, x: number) => {
      const found = points.find(([at]) => at === x);
      return h('td', {}, found && Number.isFinite(found[1]) ? options.y.text(found[1]) : '–');
    };
    this.table.replaceChildren(
      ...xs.map((x) =>
        h('tr', {}, h('th', { scope: 'row' }, `${Number(x.toPrecision(4))}`), ...lines.map((line) => cell(line, x))),
      ),
    );
  }
}
