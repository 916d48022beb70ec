/** Figure (c) as a Vega-Lite spec: a pure function of the audit. */
import type { TopLevelSpec } from 'vega-lite';
import type { Audit, AuditedModel } from '../../audit/findings.js';
import { displayName } from '../names.js';
import { seedsText } from './accuracy.js';
import { epsilonAxis, look, percentAxis, plotWidth } from './chart.js';
import { coloursOfNetworks, ink, softInk } from './style.js';

type View = Extract<TopLevelSpec, { vconcat: unknown }>['vconcat'][number];

const panelGap = 40;
const panelHeight = 320;
/** Panels in a row; more networks go below. */
const mostColumns = 2;

const paperStyle = { dash: [10, 6], shape: 'square', size: 60 } as const;
const worstStyle = { dash: [1, 0], shape: 'circle', size: 60 } as const;

/**
 * Figure (c): for each network the curve that the paper's attacks draw and the worst case over all attacks, side by
 * side. The shaded gap between them is how much of the robustness was the attacks' failure.
 *
 * @param runs where the audit is the mean of several runs', these: each is drawn thin behind it, and the band of all
 * @returns undefined for an audit of no network
 */
export function figureC(audit: Audit, runs: readonly Audit[] = []): TopLevelSpec | undefined {
  const networks = Object.keys(audit.models);
  if (networks.length === 0) return undefined;
  const colours = coloursOfNetworks(networks);
  const columns = Math.min(networks.length, mostColumns);
  const width = (plotWidth - panelGap * (columns - 1)) / columns;
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    background: 'white',
    padding: 20,
    title: {
      text: `${displayName(audit.dataset)}: is the robustness real?`,
      subtitle: [
        'What the paper’s attacks leave right, and what no attack at all gets wrong;',
        `the first ${audit.testImages.toLocaleString('en')} test images, ${runs.length === 0 ? `seed ${audit.seed}` : seedsText(runs)}`,
      ],
    },
    spacing: 34,
    bounds: 'flush',
    vconcat: [
      key(),
      {
        bounds: 'flush',
        spacing: { column: panelGap, row: 90 },
        columns,
        concat: networks.map((name, index) =>
          panel(
            audit.models[name],
            runs.flatMap(({ models }) => models[name] ?? []),
            {
              title: displayName(name),
              colour: colours[index],
              width,
              first: index % columns === 0,
            },
          ),
        ),
      },
    ],
    config: look,
  };
}

interface PanelOptions {
  readonly title: string;
  readonly colour: string;
  readonly width: number;
  /** The first panel of a row carries the y axis for all. */
  readonly first: boolean;
}

function panel(
  { cleanAccuracy, points }: AuditedModel,
  runs: readonly AuditedModel[],
  { title, colour, width, first }: PanelOptions,
): View {
  const all = [{ epsilon: 0, paper: cleanAccuracy, worstCase: cleanAccuracy }, ...points];
  const values = all.map(({ epsilon, paper, worstCase }) => ({
    epsilon,
    paper: 100 * paper,
    worstCase: 100 * worstCase,
  }));
  const x = epsilonAxis([{ points: all }], true);
  const y = percentAxis(first);
  const curve = (field: 'paper' | 'worstCase', { dash, shape, size }: typeof paperStyle | typeof worstStyle) => [
    {
      mark: { type: 'line' as const, color: colour, strokeDash: [...dash], strokeWidth: 2.2 },
      encoding: { x, y: { ...y, field } },
    },
    {
      mark: { type: 'point' as const, color: colour, shape, size, filled: false, fill: 'white', opacity: 1 },
      encoding: { x, y: { ...y, field } },
    },
  ];
  return {
    title: { text: title, color: colour, fontSize: 17 },
    width,
    height: panelHeight,
    data: { values },
    layer: [
      {
        mark: { type: 'area', color: colour, fillOpacity: 0.15 },
        encoding: { x, y: { ...y, field: 'worstCase' }, y2: { field: 'paper' } },
      },
      ...spreadOf('worstCase', runs, { x, y, colour }),
      ...spreadOf('paper', runs, { x, y, colour }),
      ...curve('worstCase', worstStyle),
      ...curve('paper', paperStyle),
    ],
  };
}

/** What stands behind a mean: the band of all runs, and every run's own curve. */
function spreadOf<X extends object, Y extends object>(
  field: 'paper' | 'worstCase',
  runs: readonly AuditedModel[],
  { x, y, colour }: { readonly x: X; readonly y: Y; readonly colour: string },
) {
  if (runs.length === 0) return [];
  const single = runs.flatMap(({ cleanAccuracy, points }, run) => [
    { epsilon: 0, share: 100 * cleanAccuracy, run },
    ...points.map((point) => ({ epsilon: point.epsilon, share: 100 * point[field], run })),
  ]);
  const bands = [...new Set(single.map(({ epsilon }) => epsilon))].map((epsilon) => {
    const all = single.filter((each) => each.epsilon === epsilon).map(({ share }) => share);
    return { epsilon, share: Math.min(...all), highest: Math.max(...all) };
  });
  return [
    {
      data: { values: bands },
      mark: { type: 'area' as const, color: colour, fillOpacity: 0.14, aria: false },
      encoding: { x, y: { ...y, field: 'share' }, y2: { field: 'highest' } },
    },
    {
      data: { values: single },
      mark: { type: 'line' as const, color: colour, strokeWidth: 0.6, strokeOpacity: 0.45, aria: false },
      encoding: { x, y: { ...y, field: 'share' }, detail: { field: 'run', type: 'nominal' as const } },
    },
  ];
}

/** What the lines and the shade mean, above the panels. */
function key(): View {
  const rowHeight = 24;
  const entries = [
    'the paper’s attacks: the strongest of them',
    'the worst case: image by image, over all attacks',
    'what the paper’s attacks missed',
  ];
  const [textX, from, to] = [86, 0, 72];
  const place = (row: number) => row * rowHeight + rowHeight / 2;
  const x = { field: 'x', type: 'quantitative' as const, scale: null, axis: null };
  const y = { field: 'y', type: 'quantitative' as const, scale: null, axis: null };
  const sample = (row: number, { dash, shape, size }: typeof paperStyle | typeof worstStyle) => [
    {
      data: { values: [from, to].map((end) => ({ x: end, y: place(row) })) },
      mark: { type: 'line' as const, color: softInk, strokeDash: [...dash], strokeWidth: 2.2, aria: false },
      encoding: { x, y },
    },
    {
      data: { values: [{ x: (from + to) / 2, y: place(row) }] },
      mark: { type: 'point' as const, color: softInk, shape, size, fill: 'white', opacity: 1, aria: false },
      encoding: { x, y },
    },
  ];
  return {
    width: plotWidth,
    height: rowHeight * entries.length,
    view: { stroke: null },
    layer: [
      ...sample(0, paperStyle),
      ...sample(1, worstStyle),
      {
        data: { values: [{ x: from, x2: to, y: place(2) - 7, y2: place(2) + 7 }] },
        mark: { type: 'rect', color: softInk, fillOpacity: 0.25, aria: false },
        encoding: { x, x2: { field: 'x2' }, y, y2: { field: 'y2' } },
      },
      {
        data: { values: entries.map((text, row) => ({ text, x: textX, y: place(row) })) },
        mark: { type: 'text', align: 'left', color: ink },
        encoding: { x, y, text: { field: 'text', type: 'nominal' } },
      },
    ],
  };
}
