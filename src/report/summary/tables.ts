/** The tables of a summary, as text by cells: for the terminal, Markdown, LaTeX and the page alike. */
import { epsilonTexts, percentNumber } from '../../words.js';
import { chooseEpsilons } from '../epsilon-text.js';
import { directionName, displayName } from '../names.js';
import { seedList } from '../seeds.js';
import type { Difference, Group, QuantitySpread, Summary } from './summary.js';

export interface SummaryTable {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** How many of the first columns are words; the others are numbers. */
  readonly left: number;
}

export const MOST_EPSILONS = 7;
const PLUS_MINUS = ' ± ';
const NOTHING = '–';

/**
 * The accuracies of each data set, its angles, and the differences between its groups; those that there are.
 *
 * @param nameOf what a group's rows are called
 * @param most how many columns of epsilons at most
 */
export function summaryTables(summary: Summary, nameOf: Naming = settingsOf, most = MOST_EPSILONS): SummaryTable[] {
  const datasets = [...new Set(summary.groups.map(({ dataset }) => dataset))];
  return datasets.flatMap((dataset) => {
    const groups = summary.groups.filter((group) => group.dataset === dataset);
    const differences = summary.differences.filter(({ of }) => groups.some(({ id }) => id === of));
    const name = displayName(dataset);
    const tables = [
      accuracyTable(
        `${name}: accuracy in %, ${meaning(groups)}`,
        groups.map((group) => groupRows(group, nameOf)),
        most,
      ),
      angleTable(`${name}: angles in degrees at the end of training, ${meaning(groups)}`, groups, nameOf),
      accuracyTable(
        `${name}: differences in accuracy, in points, seed by seed`,
        differences.map((difference) => differenceRows(difference, groups, nameOf)),
        most,
      ),
    ];
    return tables.flatMap((table) => (table ? [table] : []));
  });
}

/** `mean ± standard deviation over seeds 1 to 3`, or over how many of each where they differ. */
function meaning(groups: readonly Group[]): string {
  const seeds = new Set(groups.map((group) => seedList(group.seeds)));
  const most = Math.max(...groups.map((group) => group.seeds.length));
  if (most === 1) return seeds.size === 1 ? `seed ${[...seeds][0]}` : 'one seed each';
  return `mean${PLUS_MINUS}standard deviation over ${seeds.size === 1 ? `seeds ${[...seeds][0]}` : `up to ${most} seeds`}`;
}

/** Some values, and what the first column calls them. */
interface Rows {
  readonly name: string;
  readonly values: readonly QuantitySpread[];
  readonly cell: (value: QuantitySpread) => string;
}

type Naming = (group: Group) => string;

const groupRows = (group: Group, nameOf: Naming): Rows => ({
  name: nameOf(group),
  values: group.values,
  cell: percentCell,
});

/** What a group's rows are called: its settings, or its data set where it has no settings of its own. */
export const settingsOf: Naming = ({ settings, dataset }: Group): string =>
  settings === '' ? displayName(dataset) : settings;

function differenceRows({ of, from, values }: Difference, groups: readonly Group[], nameOf: Naming): Rows {
  const named = (id: string) => nameOf(groups.find((group) => group.id === id) as Group);
  return { name: `${named(of)} less ${named(from)}`, values, cell: pointsCell };
}

/** A row a curve, a column an epsilon. Undefined where there is no value. */
function accuracyTable(title: string, parts: readonly Rows[], most: number): SummaryTable | undefined {
  const curves = parts.flatMap(({ name, values, cell }) => curvesOf(values).map((curve) => ({ name, cell, ...curve })));
  const epsilons = [...new Set(curves.flatMap(({ points }) => [...points.keys()]))].sort((a, b) => a - b);
  if (epsilons.length === 0) return undefined;
  const shown = chooseEpsilons(epsilons, most);
  const textOf = epsilonTexts(epsilons);
  return {
    title,
    head: ['Setting', 'Network', 'Attack', ...shown.map((epsilon) => `ε = ${textOf(epsilon)}`)],
    rows: curves.map(({ name, network, attack, points, cell }) => [
      name,
      network,
      attack,
      ...shown.map((epsilon) => {
        const value = points.get(epsilon);
        return value ? cell(value) : NOTHING;
      }),
    ]),
    left: 3,
  };
}

interface TableCurve {
  readonly network: string;
  readonly attack: string;
  readonly points: Map<number, QuantitySpread>;
}

/** What belongs into one row: figure (a)'s curves first, then what the audit found, then transfers. */
function curvesOf(values: readonly QuantitySpread[]): TableCurve[] {
  const curves = new Map<string, TableCurve>();
  const losses = new Set(values.flatMap(({ loss }) => loss ?? [])).size > 1;
  const add = (value: QuantitySpread, network: string, attack: string) => {
    const key = `${network}\n${attack}`;
    const curve = curves.get(key) ?? { network, attack, points: new Map() };
    curve.points.set(value.epsilon as number, value);
    curves.set(key, curve);
  };
  const ofAttack = values.filter(({ quantity }) => quantity === 'accuracy');
  const comparesPaths = ({ source, target, attack, path }: QuantitySpread) =>
    ofAttack.some(
      (each) => each.source === source && each.target === target && each.attack === attack && each.path !== path,
    );
  const attackText = (value: QuantitySpread) =>
    [
      displayName(value.attack as string),
      ...(comparesPaths(value) ? [`${value.path} path`] : []),
      ...(losses && value.loss ? [value.loss] : []),
    ].join(', ');
  for (const value of ofAttack.filter(({ source, target }) => source === target)) {
    add(value, displayName(value.target), attackText(value));
  }
  for (const value of values.filter(({ quantity }) => quantity === 'worst case')) {
    add(value, displayName(value.target), 'worst case');
  }
  for (const value of ofAttack.filter(({ source, target }) => source !== target)) {
    add(value, directionName(value.source as string, value.target), attackText(value));
  }
  return [...curves.values()];
}

function angleTable(title: string, groups: readonly Group[], nameOf: Naming): SummaryTable | undefined {
  const isAngle = ({ quantity }: QuantitySpread) => quantity === 'gradient angle' || quantity === 'weight angle';
  const all = groups.flatMap(({ values }) => values.filter(isAngle));
  const layers = [...new Set(all.flatMap(({ layer }) => layer ?? []))];
  if (layers.length === 0) return undefined;
  const deep = layers.length > MOST_LAYERS;
  const rows = groups.flatMap((group) => {
    const own = group.values.filter(isAngle);
    const kinds = [...new Map(own.map((value) => [`${value.target} ${value.quantity}`, value])).values()];
    return kinds.flatMap(({ target, quantity }) => {
      const ofNetwork = own.filter((each) => each.target === target);
      if (isBackpropagation(ofNetwork.map(({ highest }) => highest))) return [];
      const angles = ofNetwork.filter((each) => each.quantity === quantity);
      const cells = deep ? deepCells(angles) : layers.map((name) => cellOf(angles.find(({ layer }) => layer === name)));
      return [[nameOf(group), displayName(target), quantity, ...cells]];
    });
  });
  if (rows.length === 0) return undefined;
  const columns = deep ? ['layers', 'lowest', 'mean', 'highest', `over ${STEEP}°`] : layers;
  return { title, head: ['Setting', 'Network', 'Angle', ...columns], rows, left: 3 };
}

/** Columns of layers that can still be read; of deeper networks the table says how many layers have which angles. */
const MOST_LAYERS = 8;
/** The table of a deep network counts the layers whose angle is over this many degrees. */
const STEEP = 80;

function deepCells(angles: readonly QuantitySpread[]): string[] {
  const means = angles.map(({ mean }) => mean);
  const mean = means.reduce((sum, each) => sum + each, 0) / means.length;
  const steep = means.filter((each) => each > STEEP).length;
  const degrees = [Math.min(...means), mean, Math.max(...means)].map((each) => each.toFixed(1));
  return [String(means.length), ...degrees, String(steep)];
}

const cellOf = (value: QuantitySpread | undefined): string => (value ? degreesCell(value) : NOTHING);

/** Whether these are backpropagation's angles to itself. */
export const isBackpropagation = (angles: readonly number[]): boolean => angles.every((angle) => angle === 0);

const withDeviation = (value: QuantitySpread, text: (number: number) => string): string =>
  value.deviation === null ? text(value.mean) : `${text(value.mean)}${PLUS_MINUS}${text(value.deviation)}`;

/** A deviation in as many digits as its mean. */
function percentCell(value: QuantitySpread): string {
  const decimals = percentNumber(value.mean).split('.')[1]?.length ?? 0;
  return withDeviation(value, (share) => (100 * share).toFixed(decimals));
}

const pointsCell = (value: QuantitySpread): string => {
  const sign = value.mean > 0 ? '+' : '';
  return `${sign}${withDeviation(value, (share) => (100 * share).toFixed(2)).replace(/^-/, '−')}`;
};

const degreesCell = (value: QuantitySpread): string => withDeviation(value, (degrees) => degrees.toFixed(1));
