/** Figure (d) as a Vega-Lite spec: a pure function of a run's epochs. */
import type { TopLevelSpec } from 'vega-lite';
import { displayName } from '../names.js';
import { look, plotWidth } from './chart.js';
import { colourOfNames, legendOfNames } from './legend.js';
import { coloursOfNetworks, gridInk, ink } from './style.js';

type View = Extract<TopLevelSpec, { vconcat: unknown }>['vconcat'][number];

/** Degrees by layer; null where one of the two vectors is zero. */
type Angles = Readonly<Record<string, number | null>>;

/** What a line of `metrics.jsonl` says of one epoch of one network. */
export interface EpochAngles {
  readonly rule: string;
  readonly epoch: number;
  readonly gradientAngles: Angles;
  readonly weightAngles?: Angles | undefined;
  readonly errorAngles?: Angles | undefined;
}

const kinds = [
  { field: 'weightAngles', title: 'B and W (°)' },
  { field: 'errorAngles', title: 'errors (°)' },
  { field: 'gradientAngles', title: 'ΔW (°)' },
] as const;

/** Panels in a row that can still be read: of more layers, this many are shown, evenly spread. */
const MOST_LAYERS = 8;

const panelGap = { column: 12, row: 34 };
const panelHeight = 130;

/**
 * Figure (d): the angles to backpropagation by epoch, a panel for each layer, a line for each rule.
 *
 * @returns undefined for a run in which nothing but backpropagation has learned
 */
export function figureD(
  epochs: readonly EpochAngles[],
  { dataset, seed }: { readonly dataset: string; readonly seed: number },
): TopLevelSpec | undefined {
  const others = epochs.filter(({ errorAngles }) => errorAngles !== undefined);
  const rules = [...new Set(others.map(({ rule }) => rule))];
  if (rules.length === 0) return undefined;
  const layers = spread([...new Set(others.flatMap(({ gradientAngles }) => Object.keys(gradientAngles)))]);
  const names = rules.map(displayName);
  const colours = coloursOfNetworks(rules);
  const rows = kinds.filter(({ field }) => others.some((epoch) => epoch[field] !== undefined));
  const last = Math.max(...others.map(({ epoch }) => epoch));
  const width = (plotWidth - panelGap.column * (layers.length - 1)) / layers.length;
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    background: 'white',
    padding: 20,
    title: {
      text: `${displayName(dataset)}: how near to backpropagation`,
      subtitle: [
        `Angles on the first training images after each epoch, seed ${seed}: W to what carries the error in its place;`,
        'the error sent below the layer, of the first to the pixels, and its ΔW, to backpropagation’s',
      ],
    },
    spacing: 34,
    bounds: 'flush',
    vconcat: [
      legendOfNames(names, colours),
      {
        bounds: 'flush',
        spacing: panelGap,
        columns: layers.length,
        concat: rows.flatMap(({ field, title }, row) =>
          layers.map((layer, column) =>
            panel(valuesOf(others, field, layer), {
              ...{ layer, names, colours, last, width },
              yTitle: column === 0 ? title : undefined,
              lowest: row === rows.length - 1,
            }),
          ),
        ),
      },
    ],
    config: look,
  };
}

/** The first, the last, and as many in between as have room. */
const spread = (layers: readonly string[]): readonly string[] =>
  layers.length <= MOST_LAYERS
    ? layers
    : Array.from({ length: MOST_LAYERS }, (_, i) => layers[Math.round((i * (layers.length - 1)) / (MOST_LAYERS - 1))]);

const valuesOf = (epochs: readonly EpochAngles[], field: (typeof kinds)[number]['field'], layer: string) =>
  epochs.flatMap(({ rule, epoch, [field]: angles }) => {
    const angle = angles?.[layer];
    return angle === undefined || angle === null ? [] : [{ name: displayName(rule), epoch, angle }];
  });

interface PanelOptions {
  readonly layer: string;
  readonly names: readonly string[];
  readonly colours: readonly string[];
  /** The last epoch. */
  readonly last: number;
  readonly width: number;
  /** The first panel of a row carries the y axis for all; the lowest of a column the x axis. */
  readonly yTitle: string | undefined;
  readonly lowest: boolean;
}

function panel(values: ReturnType<typeof valuesOf>, options: PanelOptions): View {
  const { layer, names, colours, last, width, yTitle, lowest } = options;
  const x = {
    field: 'epoch',
    type: 'quantitative' as const,
    scale: { domain: [1, Math.max(2, last)], nice: false, padding: 4 },
    axis: {
      title: lowest ? 'epoch' : null,
      labels: lowest,
      tickCount: 4,
      format: 'd',
      labelFontSize: 12,
      titleFontSize: 13,
    },
  };
  const y = angleAxis(yTitle);
  const color = colourOfNames(names, colours);
  return {
    title: {
      text: layer,
      fontSize: Math.min(13, (1.6 * width) / layer.length),
      anchor: 'middle',
      offset: 4,
      color: ink,
    },
    width,
    height: panelHeight,
    layer: [
      rightAngle(y),
      {
        data: { values },
        mark: { type: 'line', strokeWidth: 2, point: { size: 18 } },
        encoding: { x, y, color },
      },
    ],
  };
}

/** Degrees upwards; without a title the axis of the panel to the left serves. */
export const angleAxis = (title: string | undefined) => ({
  field: 'angle',
  type: 'quantitative' as const,
  scale: { domain: [0, 130], nice: false, clamp: true },
  axis: {
    title: title ?? null,
    labels: title !== undefined,
    values: [0, 30, 60, 90, 120],
    labelFontSize: 12,
    titleFontSize: 13,
    minExtent: title === undefined ? 0 : 28,
  },
});

/** The line of what has nothing to do with each other. */
export const rightAngle = (y: ReturnType<typeof angleAxis>) => ({
  data: { values: [{ angle: 90 }] },
  mark: { type: 'rule' as const, color: gridInk, strokeWidth: 2, aria: false },
  encoding: { y },
});
