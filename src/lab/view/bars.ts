/* A network's probabilities of the ten digits, before and after. */
import type { Answer } from '../engine/answers.js';
import { short } from '../words.js';
import { h, setText } from './dom.js';

export class Bars {
  readonly element: HTMLElement;
  private readonly title = h('h3', {}, '…');
  private readonly rows = Array.from({ length: 10 }, (_, digit) => {
    const [clean, moved] = [h('span', { class: 'bar clean' }), h('span', { class: 'bar' })];
    const [before, after] = [h('td'), h('td')];
    const name = h('th', { scope: 'row' }, `${digit}`);
    const row = h('tr', {}, name, h('td', { class: 'bars' }, clean, moved), before, after);
    return { row, name, clean, moved, before, after };
  });

  constructor() {
    const heads = ['digit', '', 'clean', 'adversarial'].map((text) => h('th', { scope: 'col' }, text));
    heads[1].append(h('span', { class: 'unseen' }, 'bars'));
    const table = h(
      'table',
      { class: 'probabilities' },
      h('thead', {}, h('tr', {}, ...heads)),
      h('tbody', {}, ...this.rows.map(({ row }) => row)),
    );
    this.element = h('article', { class: 'card' }, this.title, table);
  }

  render(name: string, tone: string, clean: Answer, moved: Answer, label: number): void {
    this.element.className = `card ${tone}`;
    setText(this.title, `${name}: ${clean.prediction} → ${moved.prediction}`);
    for (const [digit, row] of this.rows.entries()) {
      row.row.classList.toggle('true', digit === label);
      row.clean.style.width = `${100 * clean.probabilities[digit]}%`;
      row.moved.style.width = `${100 * moved.probabilities[digit]}%`;
      setText(row.before, short(Number(clean.probabilities[digit].toPrecision(3))));
      setText(row.after, short(Number(moved.probabilities[digit].toPrecision(3))));
    }
  }
}
