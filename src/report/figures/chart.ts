/**
 * The chart that the figures share: accuracy in % against epsilon, a line per curve, colour by network or direction,
 * line and point by attack; side by side for each gradient path where a run compares the two.
 *
 * The legend is a table of our own above the plot, a row per colour and a column per attack with a sample of each
 * curve, since Vega-Lite's separate legends can't show which combinations exist or draw point and dash together.
 */
import type { TopLevelSpec } from 'vega-lite';
import { gradientPaths } from '../../rules/path.js';
import { epsilonsOf, in255ths } from '../epsilon-text.js';
import { displayName } from '../names.js';
import { comparesPaths } from '../run/gradient-health.js';
import type { Curve } from '../run/results.js';
import { type AttackStyle, fontFamily, gridInk, ink, softInk, stylesOfAttacks } from './style.js';

type View = Extract<TopLevelSpec, { vconcat: unknown }>['vconcat'][number];

/** Width of all panels together in pixels; with axis and margins the figure is some 750 wide, the PNG twice that. */
export const plotWidth = 660;
const plotHeight = 400;
const panelGap = 28;
/** Room around the data, so that points at 0 % and at epsilon 0 stay clear of the axes. */
export const edge = 12;
/** Inter's mean advance at the labels' size, generously. */
export const characterWidth = 9.5;

/** One curve as it is drawn: which colour, which panel. */
export interface Line {
  /** The network or direction, as the reader sees it; the colour. */
  readonly series: string;
  readonly curve: Curve;
  /** The curves that it is the mean of: each is drawn thin behind it, and the band from the lowest to the highest. */
  readonly runs?: readonly Curve[];
}

export interface Chart {
  readonly title: string;
  readonly subtitle: string[];
  readonly yTitle: string;
  readonly lines: readonly Line[];
  /** The series in their order, and the colour of each. */
  readonly series: readonly string[];
  readonly colours: readonly string[];
}

/** @returns undefined for a chart without curves */
export function drawChart(chart: Chart): TopLevelSpec | undefined {
  if (chart.lines.length === 0) return undefined;
  const attacks = unique(chart.lines.map((line) => line.curve.attack));
  const compared = comparesPaths(chart.lines.map((line) => line.curve));
  const paths = compared ? gradientPaths : [undefined];
  const width = (plotWidth - panelGap * (paths.length - 1)) / paths.length;
  const panels = paths.map((path, index) => panel(chart, attacks, { path, width, first: index === 0 }));
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    background: 'white',
    padding: 20,
    title: { text: chart.title, subtitle: chart.subtitle },
    spacing: compared ? 50 : 18,
    bounds: 'flush',
    vconcat: [legend(chart, attacks), { bounds: 'flush', spacing: panelGap, hconcat: panels }],
    config: look,
  };
}

/** Whether a curve belongs in a path's panel: also where its network has but one path, BP's, which is both. */
function showsIn(path: Curve['path'], curve: Curve, chart: Chart): boolean {
  return (
    curve.path === path ||
    !comparesPaths(chart.lines.map((each) => each.curve).filter((each) => each.source === curve.source))
  );
}

interface PanelOptions {
  /** Draw only the curves of this gradient path; undefined draws all. */
  readonly path: Curve['path'] | undefined;
  readonly width: number;
  /** The first panel carries the y axis for all. */
  readonly first: boolean;
}

function panel(chart: Chart, attacks: readonly string[], options: PanelOptions): View {
  const lines = chart.lines.filter(({ curve }) => options.path === undefined || showsIn(options.path, curve, chart));
  const values = widestFirst(attacks).flatMap((attack) =>
    lines
      .filter((line) => line.curve.attack === attack)
      .flatMap((line) =>
        line.curve.points.map((point) => ({
          series: line.series,
          attack: displayName(attack),
          epsilon: point.epsilon,
          accuracy: 100 * point.accuracy,
        })),
      ),
  );
  const marks = encodings(chart, attacks);
  return {
    width: options.width,
    height: plotHeight,
    ...(options.path === undefined
      ? {}
      : { title: { text: `Gradient through the ${pathName(options.path)}`, fontSize: 15 } }),
    data: { values },
    encoding: {
      x: epsilonAxis(
        chart.lines.map((line) => line.curve),
        options.path !== undefined,
      ),
      y: {
        field: 'accuracy',
        type: 'quantitative',
        scale: { domain: [0, 100], nice: false, padding: edge },
        axis: {
          title: options.first ? chart.yTitle : null,
          labels: options.first,
          values: [0, 20, 40, 60, 80, 100],
          minExtent: options.first ? 36 : 0,
        },
      },
      color: marks.color,
    },
    layer: [
      ...spreadOf(lines),
      { mark: { type: 'line' }, encoding: { strokeDash: marks.strokeDash, strokeWidth: marks.strokeWidth } },
      { mark: pointMark, encoding: { shape: marks.shape, size: marks.size } },
    ],
  };
}

/** What stands behind means: the band of all runs, and every run's own curve. Colour and axes are the panel's. */
function spreadOf(lines: readonly Line[]) {
  const single = lines.flatMap(({ series, curve: { attack, path }, runs = [] }) =>
    runs.flatMap(({ points }, run) =>
      points.map(({ epsilon, accuracy }) => ({
        series,
        epsilon,
        accuracy: 100 * accuracy,
        run: `${attack} ${path} ${run}`,
      })),
    ),
  );
  if (single.length === 0) return [];
  const bands = lines.flatMap(({ series, curve: { attack, path, points }, runs = [] }) =>
    points.flatMap(({ epsilon }) => {
      const there = runs.flatMap((run) => run.points.filter((point) => point.epsilon === epsilon));
      if (there.length === 0) return [];
      const all = there.map(({ accuracy }) => 100 * accuracy);
      return [{ series, epsilon, accuracy: Math.min(...all), highest: Math.max(...all), run: `${attack} ${path}` }];
    }),
  );
  const detail = { field: 'run', type: 'nominal' as const };
  // Opacities of fill and stroke: one of a whole mark costs the rasterizer a layer as large as the picture for each.
  return [
    {
      data: { values: bands },
      mark: { type: 'area' as const, fillOpacity: 0.14, aria: false },
      encoding: { y2: { field: 'highest' }, detail },
    },
    {
      data: { values: single },
      mark: { type: 'line' as const, strokeWidth: 0.6, strokeOpacity: 0.45, aria: false },
      encoding: { detail },
    },
  ];
}

/** The order of drawing: small points over wide ones, or they would be hidden. */
function widestFirst(attacks: readonly string[]): string[] {
  const sizes = new Map(stylesOfAttacks(attacks).map((style, index) => [attacks[index]!, style.size]));
  return [...attacks].sort((a, b) => sizes.get(b)! - sizes.get(a)!);
}

const pointMark = { type: 'point', filled: false, fill: 'white', strokeWidth: 1.6, opacity: 1 } as const;

/** The channels of curves and legend samples alike: colour by series; dash, line width, point and point size by attack. */
function encodings(chart: Chart, attacks: readonly string[]) {
  const styles = stylesOfAttacks(attacks);
  const byAttack = <T>(style: (each: AttackStyle) => T) => ({
    field: 'attack',
    type: 'ordinal' as const,
    // Vega-Lite would otherwise blend numbers over the attacks' order.
    scale: { type: 'ordinal' as const, domain: attacks.map(displayName), range: styles.map(style) as never[] },
    legend: null,
  });
  return {
    color: {
      field: 'series',
      type: 'nominal' as const,
      scale: { domain: [...chart.series], range: [...chart.colours] },
      legend: null,
    },
    strokeDash: byAttack((style) => [...style.dash]),
    strokeWidth: byAttack((style) => style.width),
    shape: { ...byAttack((style) => style.shape), type: 'nominal' as const },
    size: byAttack((style) => style.size),
  };
}

/**
 * The x axis covers 0 to the run's largest epsilon (a lone epsilon stands in the middle). Epsilons that are a few
 * 255ths are labelled in these.
 *
 * @param narrow for a panel that shares the figure's width with others
 */
export function epsilonAxis(curves: Parameters<typeof epsilonsOf>[0], narrow: boolean) {
  const epsilons = epsilonsOf(curves);
  const largest = epsilons.at(-1) ?? 0;
  const end = epsilons.length === 1 ? Math.min(1, 2 * largest) : largest;
  return {
    field: 'epsilon',
    type: 'quantitative' as const,
    scale: { domain: [0, end > 0 ? end : 1], nice: false, padding: edge },
    axis: in255ths(epsilons)
      ? {
          title: narrow ? 'ε (L∞, in 255ths)' : 'Perturbation size ε (L∞, in 255ths of the pixel range)',
          values: epsilons,
          labelExpr: "format(datum.value * 255, '.0f')",
        }
      : {
          title: narrow ? 'ε (L∞, pixels from 0 to 1)' : 'Perturbation size ε (L∞, pixels from 0 to 1)',
          tickCount: narrow ? 5 : 8,
        },
  };
}

/** Rows of networks or directions, columns of attacks, a sample of the curve in each cell that exists. */
function legend(chart: Chart, attacks: readonly string[]): View {
  const rowHeight = 24;
  const heads = attacks.map(displayName);
  const first = characterWidth * longest(chart.series) + 16;
  const column = Math.min(Math.max(70, characterWidth * longest(heads)) + 24, (plotWidth - first) / attacks.length);
  const sample = Math.min(76, column - 12);
  const middle = (index: number) => first + index * column + sample / 2;
  const samples = chart.series.flatMap((series, row) =>
    attacks.flatMap((attack, index) =>
      chart.lines.some((line) => line.series === series && line.curve.attack === attack)
        ? [-1, 0, 1].map((end) => ({
            series,
            attack: heads[index],
            end,
            x: middle(index) + (end * sample) / 2,
            y: (row + 1) * rowHeight + rowHeight / 2,
          }))
        : [],
    ),
  );
  const rows = chart.series.map((series, row) => ({ series, x: 0, y: (row + 1) * rowHeight + rowHeight / 2 }));
  const columns = heads.map((text, index) => ({ text, x: middle(index), y: rowHeight / 2 }));
  const marks = encodings(chart, attacks);
  const x = { field: 'x', type: 'quantitative' as const, scale: null, axis: null };
  const y = { field: 'y', type: 'quantitative' as const, scale: null, axis: null };
  return {
    width: plotWidth,
    height: rowHeight * (chart.series.length + 1),
    view: { stroke: null },
    layer: [
      {
        data: { values: samples },
        mark: { type: 'line', aria: false },
        encoding: { x, y, color: marks.color, strokeDash: marks.strokeDash, strokeWidth: marks.strokeWidth },
      },
      {
        data: { values: samples.filter((each) => each.end === 0) },
        mark: { ...pointMark, aria: false },
        encoding: { x, y, color: marks.color, shape: marks.shape, size: marks.size },
      },
      {
        data: { values: rows },
        mark: { type: 'text', align: 'left', fontWeight: 600 },
        encoding: { x, y, text: { field: 'series', type: 'nominal' }, color: marks.color },
      },
      {
        data: { values: columns },
        mark: { type: 'text', align: 'center', color: ink },
        encoding: { x, y, text: { field: 'text', type: 'nominal' } },
      },
    ],
  };
}

export const look: TopLevelSpec['config'] = {
  font: fontFamily,
  view: { stroke: null },
  title: {
    anchor: 'start',
    frame: 'group',
    color: ink,
    fontSize: 20,
    fontWeight: 600,
    offset: 14,
    subtitleColor: softInk,
    subtitleFontSize: 14,
    subtitlePadding: 7,
    subtitleLineHeight: 19,
  },
  axis: {
    labelColor: ink,
    labelFontSize: 15,
    labelPadding: 5,
    titleColor: ink,
    titleFontSize: 16,
    titleFontWeight: 400,
    titlePadding: 10,
    domainColor: ink,
    tickColor: ink,
    gridColor: gridInk,
  },
  axisX: { grid: false, labelFlush: false },
  text: { fontSize: 15, baseline: 'middle' },
};

export function pathName(path: Curve['path']): string {
  return path === 'feedback' ? 'feedback weights' : 'true weights';
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}

function longest(texts: readonly string[]): number {
  return Math.max(...texts.map((text) => text.length));
}

/** The y axis of panels in a row, in %: the first carries its labels and title for all. */
export const percentAxis = (first: boolean) => ({
  type: 'quantitative' as const,
  scale: { domain: [0, 100], nice: false, padding: edge },
  axis: {
    title: first ? 'Accuracy (%)' : null,
    labels: first,
    values: [0, 20, 40, 60, 80, 100],
    minExtent: first ? 36 : 0,
  },
});
