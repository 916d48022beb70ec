/** Figure (e) as a Vega-Lite spec: a pure function of a run's epochs. */
import type { TopLevelSpec } from 'vega-lite';
import { displayName } from '../names.js';
import { angleAxis, type EpochAngles, rightAngle } from './alignment.js';
import { look, plotWidth } from './chart.js';
import { colourOfNames, legendOfNames } from './legend.js';
import { ink } from './style.js';

type View = Extract<TopLevelSpec, { vconcat: unknown }>['vconcat'][number];

const kinds = [
  { field: 'gradientAngles', title: 'ΔW' },
  { field: 'errorAngles', title: 'errors' },
] as const;

const panelGap = { column: 30, row: 84 };
const panelHeight = 170;
/** More panels than this stand in several rows. */
const mostColumns = 3;

/** From light to dark: a figure of so many epochs, in the order of training. */
const shade = (index: number, count: number): string =>
  `hsl(210, 65%, ${Math.round(76 - (54 * index) / Math.max(1, count - 1))}%)`;

/**
 * Figure (e): the angles to backpropagation by depth, from the lowest weighted layer to the highest, a panel for each
 * rule and kind of angle, a line for each epoch.
 *
 * @returns undefined for a run in which nothing but backpropagation has learned
 */
export function figureE(
  epochs: readonly EpochAngles[],
  { dataset, seed }: { readonly dataset: string; readonly seed: number },
): TopLevelSpec | undefined {
  const others = epochs.filter(({ errorAngles }) => errorAngles !== undefined);
  const rules = [...new Set(others.map(({ rule }) => rule))];
  if (rules.length === 0) return undefined;
  const numbers = [...new Set(others.map(({ epoch }) => epoch))].sort((a, b) => a - b);
  const names = numbers.map((epoch) => `epoch ${epoch}`);
  const colours = numbers.map((_, index) => shade(index, numbers.length));
  const depth = Math.max(...others.map(({ gradientAngles }) => Object.keys(gradientAngles).length));
  const columns = Math.min(mostColumns, rules.length);
  const width = (plotWidth - panelGap.column * (columns - 1)) / columns;
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    background: 'white',
    padding: 20,
    title: {
      text: `${displayName(dataset)}: how near to backpropagation, by depth`,
      subtitle: [
        `Angles on the first training images after each epoch, seed ${seed}: a layer’s ΔW to backpropagation’s,`,
        'and the error sent below it, of the first to the pixels; layers counted from the image up',
      ],
    },
    spacing: 34,
    bounds: 'flush',
    vconcat: [
      legendOfNames(names, colours),
      {
        bounds: 'flush',
        spacing: panelGap,
        columns,
        concat: kinds.flatMap(({ field, title }) =>
          rules.map((rule, index) =>
            panel(valuesOf(others, rule, field), {
              ...{ names, colours, depth, width },
              title: `${displayName(rule)}: ${title}`,
              first: index % columns === 0,
            }),
          ),
        ),
      },
    ],
    config: look,
  };
}

const valuesOf = (epochs: readonly EpochAngles[], rule: string, field: (typeof kinds)[number]['field']) =>
  epochs
    .filter((each) => each.rule === rule)
    .flatMap(({ epoch, [field]: angles = {} }) =>
      Object.values(angles).flatMap((angle, layer) =>
        angle === null ? [] : [{ name: `epoch ${epoch}`, layer: layer + 1, angle }],
      ),
    );

interface PanelOptions {
  readonly title: string;
  readonly names: readonly string[];
  readonly colours: readonly string[];
  /** Weighted layers. */
  readonly depth: number;
  readonly width: number;
  /** The first panel of a row carries the y axis for all. */
  readonly first: boolean;
}

function panel(values: ReturnType<typeof valuesOf>, options: PanelOptions): View {
  const { title, names, colours, depth, width, first } = options;
  const x = {
    field: 'layer',
    type: 'quantitative' as const,
    scale: { domain: [1, Math.max(2, depth)], nice: false, padding: 6 },
    axis: { title: 'layer', tickMinStep: 1, tickCount: 8, format: 'd', labelFontSize: 12, titleFontSize: 13 },
  };
  const y = angleAxis(first ? 'angle (°)' : undefined);
  return {
    title: { text: title, fontSize: 13, anchor: 'middle', offset: 4, color: ink },
    width,
    height: panelHeight,
    layer: [
      rightAngle(y),
      {
        data: { values },
        mark: { type: 'line', strokeWidth: 1.6, point: { size: 14 } },
        encoding: { x, y, color: colourOfNames(names, colours) },
      },
    ],
  };
}
