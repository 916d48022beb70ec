import type { TopLevelSpec } from 'vega-lite';
import { characterWidth, plotWidth } from './chart.js';

type View = Extract<TopLevelSpec, { vconcat: unknown }>['vconcat'][number];

const rowHeight = 24;
const sampleWidth = 20;
/** Between a sample and its name, and between a name and the next sample. */
const [nameGap, itemGap] = [6, 14];

/** A mark's colour by its `name`, with the legend of {@link legendOfNames} in the place of its own. */
export const colourOfNames = (names: readonly string[], colours: readonly string[]) => ({
  field: 'name',
  type: 'nominal' as const,
  scale: { domain: [...names], range: [...colours] },
  legend: null,
});

/** Names beside a sample of their colour, in as many rows as they need. */
export function legendOfNames(names: readonly string[], colours: readonly string[]): View {
  const items: { name: string; x: number; y: number }[] = [];
  let [x, row] = [0, 0];
  for (const name of names) {
    const width = sampleWidth + nameGap + characterWidth * name.length + itemGap;
    if (x > 0 && x + width > plotWidth) [x, row] = [0, row + 1];
    items.push({ name, x, y: row * rowHeight + rowHeight / 2 });
    x += width;
  }
  const color = colourOfNames(names, colours);
  const at = { field: 'x', type: 'quantitative' as const, scale: null, axis: null };
  const y = { field: 'y', type: 'quantitative' as const, scale: null, axis: null };
  return {
    width: plotWidth,
    height: rowHeight * (row + 1),
    view: { stroke: null },
    layer: [
      {
        data: { values: items.flatMap((item) => [item, { ...item, x: item.x + sampleWidth }]) },
        mark: { type: 'line', strokeWidth: 3, aria: false },
        encoding: { x: at, y, color },
      },
      {
        data: { values: items.map((item) => ({ ...item, x: item.x + sampleWidth + nameGap })) },
        mark: { type: 'text', align: 'left', fontWeight: 600 },
        encoding: { x: at, y, color, text: { field: 'name', type: 'nominal' } },
      },
    ],
  };
}
