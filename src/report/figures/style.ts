/**
 * What tells curves apart: colour by network (or direction), line and point by attack.
 * A name keeps its style whatever else is in the run, so that FA has one colour in every figure: its own style, or the
 * spare one that falls to its place in the table.
 */
import { attacks as attackTable } from '../../attacks/index.js';
import { rules } from '../../rules/index.js';

export interface AttackStyle {
  /** Lengths drawn and left out in turn, in pixels; `[1, 0]` is a full line. */
  readonly dash: readonly number[];
  readonly width: number;
  /** A Vega symbol name, or an SVG path in a square from -1 to 1. */
  readonly shape: string;
  /** Area of the point in square pixels. */
  readonly size: number;
}

const saltire = 'M-1,-1L1,1M-1,1L1,-1';
const plus = 'M0,-1L0,1M-1,0L1,0';

/*
 * Curves often coincide (on a network that no attack can move, all of them do), so the three attacks of the paper are
 * drawn to be read on top of each other. A thin full line; over it thick dashes; over these dots so close (period 7)
 * that every gap of the dashes (12) shows at least one on its own. The points: a wide ring, a square that fits inside,
 * a cross that fits inside that.
 */
const attackStyles: Readonly<Record<string, AttackStyle>> = {
  fgsm: { dash: [1, 0], width: 1.3, shape: 'circle', size: 170 },
  bim: { dash: [10, 12], width: 2.6, shape: 'square', size: 60 },
  'mi-fgsm': { dash: [2.4, 4.6], width: 2.6, shape: saltire, size: 56 },
};

const spareAttackStyles: readonly AttackStyle[] = [
  { dash: [14, 4], width: 1.6, shape: 'diamond', size: 100 },
  { dash: [10, 3, 2, 3], width: 1.6, shape: 'triangle-up', size: 90 },
  { dash: [4, 4], width: 1.6, shape: 'triangle-down', size: 90 },
  { dash: [14, 3, 2, 3, 2, 3], width: 1.6, shape: plus, size: 60 },
  { dash: [2, 4], width: 1.6, shape: 'triangle-right', size: 90 },
  { dash: [7, 2], width: 1.6, shape: 'triangle-left', size: 90 },
  { dash: [1, 2], width: 1.6, shape: 'cross', size: 80 },
];

/**
 * Okabe and Ito's palette, which people with any colour vision tell apart, but for its yellow, too light for lines; then
 * a purple and a brown of other lightness.
 */
const networkColours: Readonly<Record<string, string>> = {
  bp: '#0072B2',
  fa: '#D55E00',
  dfa: '#009E73',
  drtp: '#CC79A7',
  usf: '#E69F00',
  brsf: '#56B4E9',
  frsf: '#000000',
  kp: '#5E3C99',
  wm: '#8C510A',
};
const spareNetworkColours: readonly string[] = ['#7F7F7F', '#B2182B', '#4D9221', '#00CED1', '#C51B7D'];

/** Purple and green (ColorBrewer PRGn): no network's colours, as a direction is no network. */
const directionColours: Readonly<Record<string, string>> = { 'BP → FA': '#7B3294', 'FA → BP': '#008837' };
const spareDirectionColours: readonly string[] = ['#0072B2', '#D55E00', '#E69F00', '#CC79A7', '#56B4E9', '#000000'];

export const ink = '#1A1A1A';
export const softInk = '#555555';
export const gridInk = '#E4E4E4';
/** The PNG is drawn with Inter; a viewer of the SVG without it falls back. */
export const fontFamily = 'Inter, Helvetica, Arial, sans-serif';

export function stylesOfAttacks(attacks: readonly string[]): AttackStyle[] {
  return assign(attacks, attackStyles, spareAttackStyle, Object.keys(attackTable));
}

export function coloursOfNetworks(networks: readonly string[]): string[] {
  return assign(networks, networkColours, (index) => spareNetworkColours[index] ?? hue(index), Object.keys(rules));
}

/** @param directions as `directionName` writes them */
export function coloursOfDirections(directions: readonly string[]): string[] {
  return assign(directions, directionColours, (index) => spareDirectionColours[index] ?? hue(index), []);
}

/** Each of the spare lines with its own point; when they run out, again with the next one's. */
function spareAttackStyle(index: number): AttackStyle {
  const { length } = spareAttackStyles;
  const { shape, size } = spareAttackStyles[(index + Math.floor(index / length)) % length];
  return { ...spareAttackStyles[index % length], shape, size };
}

/** Beyond the palette: hues a golden angle apart, the next always far from the last few. */
const hue = (index: number): string => `hsl(${Math.round(index * 137.508) % 360}, 60%, 40%)`;

/**
 * Each name's own style, or a spare one: by its place in the table among those without a style, names that no table
 * holds after these.
 */
function assign<T>(
  names: readonly string[],
  own: Readonly<Record<string, T>>,
  spare: (index: number) => T,
  table: readonly string[],
): T[] {
  const without = [...new Set([...table, ...names])].filter((name) => !Object.hasOwn(own, name));
  return names.map((name) => (Object.hasOwn(own, name) ? own[name] : spare(without.indexOf(name))));
}
