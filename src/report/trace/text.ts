/** A trace as text for a terminal of a given width, without colour: networks side by side where they fit. */
import { type Extent, type LayerTrace, softmax, type Trace, wayDown } from '../../models/trace.js';
import { type Equation, equation } from '../../models/trace-equation.js';
import { type Place, placeName, valuesOf } from '../../models/trace-place.js';
import type { FloatArray } from '../../tensor/tensor.js';
import { percent, printableName, short } from '../../words.js';
import { textTable, wrap } from '../text.js';
import { mapRow } from './maps.js';

/** One network's trace, under the name people read. */
export interface NamedTrace {
  readonly name: string;
  readonly trace: Trace;
}

const degrees = (angle: number | undefined): string => (angle === undefined ? '–' : `${angle.toFixed(1)}°`);
const shape = (extents: readonly number[]): string => extents.join('×');
const range = ({ least, greatest }: Extent): string => `${short(least)} … ${short(greatest)}`;

/** The way up: a row a layer. */
export function forwardText(networks: readonly NamedTrace[], width: number): string {
  const columns = (layer: LayerTrace) => [range(layer.output), percent(layer.output.zeros)];
  return sideBySide(['range', 'zeros'], networks, width, {
    head: ['Layer', 'Output'],
    first: (layer) => [layer.name, shape(layer.outputShape)],
    rows: ({ layers }) => layers.map((layer) => [layer, columns(layer)]),
  });
}

/** The way down, from the top: a row a layer. */
export function backwardText(networks: readonly NamedTrace[], width: number): string {
  const columns = ({ own, errorAngle, gradientAngle }: LayerTrace) => [
    short(own.error.size),
    percent(own.error.zeros),
    degrees(errorAngle),
    ...(own.gradient ? [short(own.gradient.size), percent(own.gradient.zeros), degrees(gradientAngle)] : ['', '', '']),
  ];
  const heads = ['‖δ‖', 'zeros', '∠ true', '‖dW‖', 'zeros', '∠ true'];
  return sideBySide(heads, networks, width, {
    head: ['Layer'],
    first: (layer) => [layer.name],
    rows: ({ layers }) => wayDown(layers).map((l) => [layers[l], columns(layers[l])]),
  });
}

/** The largest number of classes that each have a row; of more, the table shows the likeliest. */
const MOST_ROWS = 20;
/** The number of each network's likeliest classes that have a row. */
const LIKELIEST = 5;

/** Logits and probabilities, a row a class; of many classes the image's own and each network's likeliest. */
export function outputText(networks: readonly NamedTrace[], classes: readonly string[], width = 100): string {
  const shares = networks.map(({ trace }) => softmax(trace.logits));
  const shown = shownClasses(networks, classes.length);
  const rows = shown.map((c) => [
    printableName(classes[c]),
    ...networks.flatMap(({ trace }, n) => [short(trace.logits[c]), short(shares[n][c])]),
  ]);
  const others = classes.length - shown.length;
  if (others > 0) {
    const left = shares.map((share) => Math.max(0, 1 - shown.reduce((sum, c) => sum + share[c], 0)));
    rows.push([`${others} other classes`, ...left.flatMap((share) => ['', short(share)])]);
  }
  const heads = networks.flatMap(({ name }) => [`${name}\nlogit`, `${name}\nsoftmax`]);
  return textTable(['Class', ...heads], rows, 1, width);
}

/** Returns the indices of the classes that have a row, in ascending order. */
function shownClasses(networks: readonly NamedTrace[], count: number): number[] {
  const all = Array.from({ length: count }, (_, c) => c);
  if (count <= MOST_ROWS) return all;
  const chosen = networks.flatMap(({ trace: { logits, label } }) => [
    label,
    ...all.toSorted((a, b) => logits[b] - logits[a]).slice(0, LIKELIEST),
  ]);
  return [...new Set(chosen)].sort((a, b) => a - b);
}

/** The image, then the maps of each layer of rows and columns, but for one that the next takes number by number. */
export function mapsText(networks: readonly NamedTrace[], width: number): string {
  const parts: string[] = [];
  const draw = (title: string, values: FloatArray, extents: readonly number[]) => {
    const { lines, shown } = mapRow(values, extents, width);
    const which = shown < extents[0] ? `, ${shown} of ${extents[0]} maps` : '';
    parts.push(`${title}${which}\n${lines.join('\n')}`);
  };
  const [{ trace }] = networks;
  const inputs = networks.map(({ name, trace: { layers } }) => ({ name, values: layers[0].x }));
  const same = inputs.every(({ values }) => values.every((value, i) => value === inputs[0].values[i]));
  for (const { name, values } of same ? inputs.slice(0, 1) : inputs) {
    draw(same ? 'image' : `${name}, image`, values, trace.layers[0].inputShape);
  }
  for (const [l, { outputShape }] of trace.layers.entries()) {
    const next = trace.layers[l + 1];
    const byNumber = next && (!next.weights || next.normalization) && !next.window && next.outputShape.length === 3;
    if (l === 0 || outputShape.length !== 3 || byNumber) continue;
    for (const each of networks)
      draw(`${each.name}, ${each.trace.layers[l].name}`, each.trace.layers[l].y, outputShape);
  }
  return parts.join('\n\n');
}

/** A number held against the difference quotient of the loss. */
export interface CheckedNumber {
  readonly name: string;
  readonly trace: Trace;
  readonly place: Place;
  readonly quotient: number;
}

/** How near a gradient in float32 comes to the slope: to three digits. */
const AGREEMENT = 1e-3;

/** Whether a gradient is the slope that the difference quotient shows. */
export const agrees = (gradient: number, quotient: number): boolean =>
  Math.abs(gradient - quotient) <= AGREEMENT * Math.max(Math.abs(gradient), Math.abs(quotient)) + 1e-12;

/** What the comparison of a network's gradient with the difference quotient comes to. */
export function verdictOf({ own, exact }: { own: number; exact: number }, quotient: number): string {
  if (own === 0 && exact === 0 && quotient !== 0) return 'the slope is too small for float32, and rounded to zero';
  if (agrees(own, quotient)) return "its rule's number is the slope";
  return "its rule's number is not the slope: the error came down another way than the loss's derivative takes";
}

/** What the loss's slope is at a place, by the network's own rule and by backpropagation. */
export function slopesAt(trace: Trace, { layer, tensor, offset }: Place): { own: number; exact: number } {
  const slope = ({ x: 'dx', y: 'dy' } as const)[tensor as 'x' | 'y'] ?? tensor;
  const at = (way: 'own' | 'exact') => valuesOf(trace.layers[layer], slope, way)[offset];
  return { own: at('own'), exact: at('exact') };
}

/** One number written out: the sum that makes it, and the slope of the loss beside each network's idea of it. */
export function placeText(numbers: readonly CheckedNumber[], width: number): string {
  const paragraphs = numbers.map(
    ({ name, trace, place }) => `${name}: ${equationText(equation(trace, place, 'own'), width)}`,
  );
  const rows = numbers.map(({ name, trace, place, quotient }) => {
    const { own, exact } = slopesAt(trace, place);
    return [name, short(own), short(exact), short(quotient)];
  });
  const verdicts = numbers.map(
    ({ name, trace, place, quotient }) => `${name}: ${verdictOf(slopesAt(trace, place), quotient)}.`,
  );
  const [{ trace, place }] = numbers;
  const above = `The loss's slope at ${placeName(trace, place)}, and the difference quotient (float64) beside it:`;
  const table = textTable(['', 'its rule', 'backprop', 'quotient'], rows, 1, width);
  return [...paragraphs, `${wrap(above, width)}\n${table}\n${wrap(verdicts.join(' '), width)}`].join('\n\n');
}

/** Terms that are written out: the largest. */
const MOST_TERMS = 8;

/** `conv1.weight[3,0,2,2] = −0.0127`, its formula, and its largest terms. */
export function equationText({ name, value, formula, constant, terms, inputs }: Equation, width: number): string {
  const lines = [`${name} = ${short(value)}`, `  ${formula}`];
  if (constant) lines.push(`    ${constant.name} ${short(constant.value)}`);
  for (const { name: input, value: at } of inputs) lines.push(`    ${input} = ${short(at)}`);
  const size = ({ left, right }: (typeof terms)[number]) => Math.abs(left.value * right.value);
  const present = terms.filter((term) => size(term) > 0).sort((a, b) => size(b) - size(a));
  for (const { left, right } of present.slice(0, MOST_TERMS)) {
    const factors = [left, right].filter((factor) => factor.name !== '');
    const product = factors.map((factor) => `${factor.name} ${short(factor.value)}`).join(' · ');
    lines.push(`  + ${product}${factors.length > 1 ? ` = ${short(left.value * right.value)}` : ''}`);
  }
  const rest = present.slice(MOST_TERMS);
  const sum = rest.reduce((total, { left, right }) => total + left.value * right.value, 0);
  if (rest.length > 0) lines.push(`  + ${rest.length} smaller terms: ${short(sum)}`);
  const zeros = terms.length - present.length;
  if (zeros > 0) lines.push(`  ${zeros} of ${terms.length} terms are exactly zero.`);
  return lines.map((line) => (line.length > width ? wrap(line, width) : line)).join('\n');
}

interface Sheet {
  readonly head: readonly string[];
  readonly first: (layer: LayerTrace) => string[];
  readonly rows: (trace: Trace) => (readonly [LayerTrace, string[]])[];
}

/** One table for all networks, or as many as are needed for none to be wider than the terminal. */
function sideBySide(heads: readonly string[], networks: readonly NamedTrace[], width: number, sheet: Sheet): string {
  const build = (some: readonly NamedTrace[], most?: number): string => {
    const columns = some.map(({ trace }) => sheet.rows(trace));
    const rows = columns[0].map(([layer], r) => [...sheet.first(layer), ...columns.flatMap((column) => column[r][1])]);
    const named = some.flatMap(({ name }) => heads.map((head) => `${name}\n${head}`));
    return textTable([...sheet.head, ...named], rows, sheet.head.length, most);
  };
  const tables: string[] = [];
  for (let from = 0; from < networks.length; ) {
    let count = networks.length - from;
    while (count > 1 && build(networks.slice(from, from + count)).split('\n')[0].length > width) count--;
    tables.push(build(networks.slice(from, from + count), width));
    from += count;
  }
  return tables.join('\n');
}
