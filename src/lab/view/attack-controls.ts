import { type AttackName, attacks, type GradientPath, type LossName, losses } from '../../core.js';
import type { State } from '../address.js';
import type { Lab } from '../lab.js';
import { labelOf } from '../words.js';
import { choice, h, numberField, setText } from './dom.js';

export function controlsOf(lab: Lab): { element: HTMLElement; render: () => void } {
  const set = (changes: Partial<State>) => lab.show(changes);
  const slider = h('input', {
    type: 'range',
    min: 0,
    max: 0.5,
    step: 0.01,
    oninput: () => set({ epsilon: slider.valueAsNumber }),
  });
  const value = h('output', {}, '');
  const names = Object.fromEntries(Object.entries(attacks).map(([name, { label }]) => [name, label]));
  const attack = choice('Attack', names, (name) => set({ attack: name as AttackName }));
  const iterations = numberField('Steps', { min: 1, max: 100, step: 1 }, (count) => set({ iterations: count }));
  const lossNames = Object.fromEntries(Object.entries(losses).map(([name, { title }]) => [name, title]));
  const loss = choice('Makes grow', lossNames, (name) => set({ loss: name as LossName }));
  const path = choice('Gradient carried by', { feedback: 'the rule’s own path', true: 'the true weights' }, (name) =>
    set({ path: name as GradientPath }),
  );
  const source = choice('Attacked network', {}, (name) => set({ source: name === '0' ? 0 : 1 }));
  const element = h(
    'div',
    { class: 'fields' },
    h('label', { class: 'field grow' }, h('span', {}, 'ε, in pixel units ', value), slider),
    ...[attack, iterations, loss, path, source].map((field) => field.element),
  );
  return {
    element,
    render() {
      const { state } = lab;
      slider.value = `${state.epsilon}`;
      setText(value, state.epsilon.toFixed(2));
      attack.select.value = state.attack;
      if (document.activeElement !== iterations.input) iterations.input.value = `${state.iterations}`;
      loss.select.value = state.loss;
      path.select.value = state.path;
      const options = state.rules.map((rule, i) => `${labelOf(rule)}, ${i === 0 ? 'left' : 'right'}`);
      if (Array.from(source.select.options, ({ text }) => text).join() !== options.join()) {
        source.select.replaceChildren(...options.map((text, i) => h('option', { value: i }, text)));
      }
      source.select.value = `${state.source}`;
    },
  };
}
