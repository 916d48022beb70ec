/* What both networks are trained by: a change begins them anew. */
import { type OptimizerName, optimizers, type RuleName, rules } from '../../core.js';
import type { State } from '../address.js';
import type { Lab } from '../lab.js';
import { type PlanName, plans } from '../plans.js';
import { choice, h, numberField } from './dom.js';

const titles = <Row extends { title: string }>(table: Readonly<Record<string, Row>>) =>
  Object.fromEntries(Object.entries(table).map(([name, { title }]) => [name, title]));

export function settingsPanel(lab: Lab): { element: HTMLElement; render: () => void } {
  const restart = (changes: Partial<State>) => void lab.restart(changes);
  const ruleNames =
    lab.run.length > 0 ? Object.fromEntries(lab.run.map((rule) => [rule, rules[rule].title])) : titles(rules);
  const chosen = (['Left', 'Right'] as const).map((label, i) =>
    choice(label, ruleNames, (name) =>
      restart({
        rules: lab.state.rules.map((rule, at) => (at === i ? (name as RuleName) : rule)) as [RuleName, RuleName],
      }),
    ),
  );
  const rates = (['Left', 'Right'] as const).map((label, i) => {
    const field = numberField('Learning rate', { min: 1e-6, max: 10, step: 'any' }, (value) =>
      restart({ rates: lab.state.rates.map((rate, at) => (at === i ? value : rate)) as unknown as State['rates'] }),
    );
    field.input.setAttribute('aria-label', `Learning rate, ${label.toLowerCase()}`);
    return field;
  });
  const plan = choice('Preset', titles(plans), (name) =>
    restart({ plan: name as PlanName, optimizer: undefined, rates: [undefined, undefined] }),
  );
  const optimizer = choice('Optimizer', { '': 'the preset’s, rule by rule', ...titles(optimizers) }, (name) =>
    restart({ optimizer: name === '' ? undefined : (name as OptimizerName) }),
  );
  const seed = numberField('Seed', { min: 0, max: 0xffffffff, step: 1 }, (value) => restart({ seed: value }));
  for (const { element: long } of [...chosen, plan, optimizer]) long.classList.add('wide');
  const all = [chosen[0], rates[0], chosen[1], rates[1], plan, seed, optimizer];
  const element = h(
    'div',
    { class: lab.run.length > 0 ? 'pair' : 'settings' },
    ...(lab.run.length > 0 ? chosen : all).map((field) => field.element),
  );
  return {
    element,
    render() {
      const { state } = lab;
      for (const i of [0, 1] as const) {
        const { learningRate } = lab.settingsOf(i);
        chosen[i].select.value = state.rules[i];
        if (document.activeElement !== rates[i].input) rates[i].input.value = `${learningRate}`;
      }
      plan.select.value = state.plan;
      optimizer.select.value = state.optimizer ?? '';
      if (document.activeElement !== seed.input) seed.input.value = `${state.seed}`;
    },
  };
}
