/* The numbers behind a chart, to be unfolded. */
import { h } from './dom.js';

/** A line's name and its points, in the order of x. */
interface Numbers {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export class ChartTable {
  readonly element: HTMLDetailsElement;
  private readonly head = h('tr');
  private readonly body = h('tbody');
  private fill: () => void = () => {};

  /** @param title the chart's */
  constructor(title: string) {
    this.element = h(
      'details',
      { ontoggle: () => this.element.open && this.fill() },
      h('summary', {}, 'The numbers'),
      h(
        'div',
        { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': `${title}: numbers` },
        h('table', {}, h('thead', {}, this.head), this.body),
      ),
    );
  }

  /**
   * Takes the lines in; the cells are made only while they are looked at.
   *
   * @param across what x is called
   * @param text of a y
   */
  show(lines: readonly Numbers[], across: string, text: (y: number) => string): void {
    this.fill = () => {
      this.head.replaceChildren(
        h('th', { scope: 'col' }, across),
        ...lines.map(({ name }) => h('th', { scope: 'col' }, name)),
      );
      const xs = [...new Set(lines.flatMap(({ points }) => points.map(([x]) => x)))].sort((a, b) => a - b);
      const cell = ({ points }: Numbers, x: number) => {
        const found = points.find(([at]) => at === x);
        return h('td', {}, found && Number.isFinite(found[1]) ? text(found[1]) : '–');
      };
      this.body.replaceChildren(
        ...xs.map((x) =>
          h('tr', {}, h('th', { scope: 'row' }, `${Number(x.toPrecision(4))}`), ...lines.map((line) => cell(line, x))),
        ),
      );
    };
    if (this.element.open) this.fill();
  }
}
