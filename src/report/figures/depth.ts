/** Figure (e) as a Vega-Lite spec: a pure function of a run's epochs, or of several networks' angles. */
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

/** From light to dark, the line of that index of so many. */
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
  const nameOf = (epoch: number) => `epoch ${epoch}`;
  const numbers = [...new Set(others.map(({ epoch }) => epoch))].sort((a, b) => a - b);
  const panels = kinds.flatMap(({ field, title }) =>
    rules.map((rule) => ({
      title: `${displayName(rule)}: ${title}`,
      lines: others
        .filter((each) => each.rule === rule)
        .map(({ epoch, [field]: angles = {} }) => ({ name: nameOf(epoch), angles: Object.values(angles) })),
    })),
  );
  return byDepth(panels, {
    columns: Math.min(mostColumns, rules.length),
    names: numbers.map(nameOf),
    title: `${displayName(dataset)}: how near to backpropagation, by depth`,
    subtitle: [
      `Angles on the first training images after each epoch, seed ${seed}: a layer’s ΔW to backpropagation’s,`,
      'and the error sent below it, of the first to the pixels; layers counted from the image up',
    ],
  });
}

/** The angles of a network's layers at the end of training, from the lowest layer up. */
export interface NetworkAngles {
  readonly rule: string;
  /** What tells the network from the others of its rule. */
  readonly name: string;
  /** In degrees; null where there is none. */
  readonly angles: readonly (number | null)[];
}

/** Figure (e) of networks of several depths: the angles of ΔW at the end of training, a panel a rule, a line a network. */
export function figureOfDepths(networks: readonly NetworkAngles[], dataset: string): TopLevelSpec {
  const rules = [...new Set(networks.map(({ rule }) => rule))];
  const panels = rules.map((rule) => ({
    title: `${displayName(rule)}: ΔW`,
    lines: networks.filter((each) => each.rule === rule),
  }));
  return byDepth(panels, {
    columns: Math.min(mostColumns, rules.length),
    names: [...new Set(networks.map(({ name }) => name))],
    title: `${displayName(dataset)}: how near to backpropagation, by depth`,
    subtitle: ['Angle of a layer’s ΔW to backpropagation’s at the end of training, layers counted from the image up'],
  });
}

interface Panel {
  readonly title: string;
  readonly lines: readonly { readonly name: string; readonly angles: readonly (number | null)[] }[];
}

interface DepthOptions {
  readonly title: string;
  readonly subtitle: readonly string[];
  /** Panels in a row. */
  readonly columns: number;
  /** Of all lines, in the order in which they grow darker. */
  readonly names: readonly string[];
}

function byDepth(panels: readonly Panel[], { title, subtitle, columns, names }: DepthOptions): TopLevelSpec {
  const colours = names.map((_, index) => shade(index, names.length));
  const depth = Math.max(...panels.flatMap(({ lines }) => lines.map(({ angles }) => angles.length)));
  const width = (plotWidth - panelGap.column * (columns - 1)) / columns;
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    background: 'white',
    padding: 20,
    title: { text: title, subtitle: [...subtitle] },
    spacing: 34,
    bounds: 'flush',
    vconcat: [
      legendOfNames(names, colours),
      {
        bounds: 'flush',
        spacing: panelGap,
        columns,
        concat: panels.map((each, index) =>
          panel(valuesOf(each), {
            ...{ names, colours, depth, width },
            title: each.title,
            first: index % columns === 0,
          }),
        ),
      },
    ],
    config: look,
  };
}

/** A point for each layer that has an angle. */
const valuesOf = ({ lines }: Panel) =>
  lines.flatMap(({ name, angles }) =>
    angles.flatMap((angle, layer) => (angle === null ? [] : [{ name, layer: layer + 1, angle }])),
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
