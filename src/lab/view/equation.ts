/* One number, the sum that makes it with the actual numbers in it, and the loss's slope beside it. */
import { type Equation, equation, type Place, type Trace, type TracedTensor, valuesOf } from '../../core.js';
import { short } from '../words.js';
import { h, setAttribute, setText } from './dom.js';

const MOST_TERMS = 8;

export class EquationPanel {
  readonly element: HTMLElement;
  private readonly title = h('code', { class: 'number' });
  private readonly formula = h('p', { class: 'formula' });
  private readonly terms = h('ol', { class: 'terms' });
  private readonly verdict = h('p', { class: 'verdict', role: 'status' });
  private readonly button: HTMLButtonElement;
  private shown: Equation | undefined;

  /** @param check computes the difference quotient of the loss there */
  constructor(check: () => void) {
    this.button = h('button', { onclick: check }, 'Check it');
    const head = h('div', { class: 'row' }, this.title, this.button);
    this.element = h('div', { class: 'equation' }, head, this.formula, this.terms, this.verdict);
    this.clear('Point at a number, or go to one with the arrow keys.');
  }

  clear(text: string): void {
    this.shown = undefined;
    this.button.disabled = true;
    setText(this.title, '');
    setText(this.formula, text);
    this.terms.replaceChildren();
    setText(this.verdict, '');
  }

  show(rule: string, trace: Trace, place: Place): void {
    const made = equation(trace, place, 'own');
    if (this.shown?.name === made.name && this.shown.value === made.value) return;
    this.shown = made;
    const { name, value, formula, constant, terms, inputs } = made;
    this.button.disabled = false;
    setAttribute(this.button, 'aria-label', `Check it, ${rule}`);
    setText(this.title, `${rule}: ${name} = ${short(value)}`);
    setText(this.formula, formula);
    setText(this.verdict, '');
    const size = ({ left, right }: (typeof terms)[number]) => Math.abs(left.value * right.value);
    const present = terms.filter((term) => size(term) > 0).sort((a, b) => size(b) - size(a));
    const rest = present.slice(MOST_TERMS).reduce((sum, { left, right }) => sum + left.value * right.value, 0);
    const lines = [
      ...(constant ? [line([constant.name], short(constant.value))] : []),
      ...inputs.map(({ name: input, value: at }) => line([input], `= ${short(at)}`)),
      ...present.slice(0, MOST_TERMS).map(({ left, right }) => {
        const factors = [left, right].filter((factor) => factor.name !== '');
        const pieces = factors.map((factor, i) => `${'+·'[i]} ${factor.name} ${short(factor.value)}`);
        return factors.length === 1
          ? line([`+ ${left.name}`], short(left.value))
          : line(pieces, `= ${short(left.value * right.value)}`);
      }),
      ...(present.length > MOST_TERMS ? [line([`+ ${present.length - MOST_TERMS} smaller terms`], short(rest))] : []),
      ...(terms.length > present.length ? [h('li', {}, stopped(terms.length - present.length, terms.length))] : []),
    ];
    this.terms.replaceChildren(...lines);
  }

  /** The quotient has been computed: says whether the rule's number is the slope, and why not. */
  showCheck(trace: Trace, place: Place, quotient: number): void {
    const slope = SLOPES[place.tensor] ?? place.tensor;
    const at = (way: 'own' | 'exact') => valuesOf(trace.layers[place.layer], slope, way)[place.offset];
    setText(this.verdict, verdictText(trace.rule, at('own'), at('exact'), quotient));
  }
}

/** A line of the sum, broken between its factors if anywhere; what it comes to stands in a column of its own. */
const line = (pieces: readonly string[], result: string): HTMLElement =>
  h('li', {}, ...pieces.flatMap((piece) => [h('span', {}, piece), ' ']), h('span', { class: 'result' }, result));

/** What the loss is differentiated by at an input or output. */
const SLOPES: Readonly<Partial<Record<TracedTensor, TracedTensor>>> = { x: 'dx', y: 'dy' };

const stopped = (zeros: number, all: number): string =>
  all === 1
    ? 'The one term is exactly zero: nothing comes through here.'
    : `${zeros} of ${all} terms are exactly zero: stopped by an activation or a pooling, or nothing to begin with.`;

/** How near a gradient in float32 comes to the slope: to three digits, as in `inspect`. */
const agrees = (a: number, b: number) => Math.abs(a - b) <= 1e-3 * Math.max(Math.abs(a), Math.abs(b)) + 1e-12;

function verdictText(rule: string, own: number, exact: number, quotient: number): string {
  const numbers = `Moved by ±10⁻⁶, the loss changes at a rate of ${short(quotient)}; the rule ${rule} says ${short(own)}.`;
  if (own === 0 && exact === 0 && quotient !== 0) return `${numbers} So small a slope is rounded to zero in float32.`;
  if (agrees(own, quotient)) return `${numbers} They agree: it is the loss’s slope.`;
  const why = `its error came down through other numbers than the weights, so it is no derivative. Along the true weights: ${short(exact)}`;
  return `${numbers} They don’t agree: ${why}.`;
}
