/* Learn: two networks trained before one's eyes. */

import { type RuleName, rules } from '../../core.js';
import type { State } from '../address.js';
import type { Lab } from '../lab.js';
import { noteOn, plans, STEPS } from '../plans.js';
import type { Side } from '../side.js';
import { labelOf, percent, short, toneOf } from '../words.js';
import { Chart, type Line } from './chart.js';
import { h, setText } from './dom.js';
import { settingsPanel } from './learn-settings.js';

export function learnView(lab: Lab): { element: HTMLElement; render: () => void } {
  const settings = settingsPanel(lab);
  const start = h('button', { class: 'primary', onclick: () => toggle(lab) });
  const once = h('button', { onclick: () => void lab.train(lab.state.step + 1) }, 'One mini-batch');
  const anew = h('button', { onclick: () => void lab.restart({}) }, 'Start anew');
  const progress = h('progress', { max: STEPS, 'aria-label': 'mini-batches learned from' });
  const status = h('p', { class: 'status', role: 'status' });
  const cards = [0, 1].map(() =>
    networkCard(lab.run.length === 0 ? ['accuracy', 'loss', 'images/s'] : ['accuracy on 500 test images']),
  );
  const share = (value: number) => `${Math.round(100 * value)} %`;
  const x = { label: 'mini-batches', most: STEPS };
  const charts = {
    loss: new Chart({
      title: 'Loss of the mini-batches',
      x,
      y: { least: 0, most: 2.5, text: (value) => `${Number(value.toFixed(2))}` },
    }),
    accuracy: new Chart({ title: 'Accuracy on 500 test images', x, y: { least: 0, most: 1, text: share } }),
    angles: new Chart({
      title: 'Angle of dW to backpropagation’s dW',
      x,
      y: { least: 0, most: 120, every: 30, text: (value) => `${Math.round(value)}°` },
    }),
  };
  const trains = lab.run.length === 0;
  const element = h(
    'section',
    { 'aria-labelledby': 'learn-title' },
    h('h2', { id: 'learn-title' }, 'Learn'),
    h(
      'p',
      { class: 'lead' },
      `Two networks ${trains ? 'begin with the same weights and see the same digits in the same order' : 'of a run, trained already: choose which are looked at and attacked'}. They differ in one line: what sends the error down.`,
    ),
    settings.element,
    trains && h('div', { class: 'row' }, start, once, anew, progress),
    status,
    h('div', { class: 'pair' }, ...cards.map(({ element: card }) => card)),
    trains && h('div', { class: 'charts' }, ...Object.values(charts).map((chart) => chart.element)),
  );
  return {
    element,
    render() {
      const { state, sides, training } = lab;
      settings.render();
      setText(start, training ? 'Pause' : state.step >= STEPS ? 'Done' : 'Train');
      start.disabled = !lab.canTrain || (!training && state.step >= STEPS);
      once.disabled = start.disabled || training;
      progress.value = state.step;
      setText(status, statusText(lab));
      for (const [i, side] of sides.entries()) cards[i].render(side, state.rules[i]);
      charts.loss.draw(
        sides.map((side, i) => line(state, i, side, ({ loss }) => loss)),
        { y: lossAxis(sides) },
      );
      charts.accuracy.draw(sides.map((side, i) => line(state, i, side, ({ measured }) => measured?.accuracy)));
      charts.angles.draw(sides.flatMap((side, i) => angleLines(state, i, side)));
    },
  };
}

function toggle(lab: Lab): void {
  if (lab.training) void lab.pause();
  else void lab.train();
}

function statusText({ state, training, run, canTrain, trouble, backend }: Lab): string {
  if (trouble) return trouble;
  if (run.length > 0) return '';
  if (!canTrain) return 'The training images are on their way …';
  const notes = [...new Set(state.rules)].map((rule) => noteOn(plans[state.plan], rule));
  const slow = backend === 'reference' ? ' This browser has no WebAssembly SIMD: slow kernels.' : '';
  const now = `${training ? 'Training' : 'Paused'} at mini-batch ${state.step} of ${STEPS}.`;
  return [now + slow, ...notes].filter(Boolean).join(' ');
}

/** @param names of what it tells, or of the first of that */
function networkCard(names: readonly string[]) {
  const values = names.map(() => h('dd', {}, '–'));
  const title = h('h3', {}, '…');
  const list = h('dl', { class: 'figures' }, ...names.map((name, i) => h('div', {}, h('dt', {}, name), values[i])));
  const element = h('article', { class: 'card' }, title, list);
  return {
    element,
    render(side: Side, rule: RuleName) {
      setText(title, rules[rule].title);
      element.className = `card ${toneOf(rule)}`;
      const loss = side.history.findLast((point) => point.loss !== undefined)?.loss;
      const measured = side.measured;
      const texts = [
        measured ? percent(measured.accuracy) : '–',
        loss === undefined ? '–' : short(loss),
        side.rate > 0 ? Math.round(side.rate).toLocaleString('en') : '–',
      ];
      for (const [i, value] of values.entries()) setText(value, texts[i]);
    },
  };
}

function line(state: State, i: number, side: Side, pick: (point: Side['history'][number]) => number | undefined): Line {
  const rule = state.rules[i];
  const points = side.history.map((point): [number, number] => [point.step, pick(point) ?? Number.NaN]);
  const twin = i === 1 && state.rules[0] === rule;
  return { name: twin ? `${labelOf(rule)}, right` : labelOf(rule), tone: toneOf(rule), dashed: twin, points };
}

/** A line a weighted layer, but for a rule whose angles are all 0. */
function angleLines(state: State, i: number, side: Side): Line[] {
  const rule = state.rules[i];
  if (rule === 'bp' || (i === 1 && state.rules[0] === rule)) return [];
  const layers = Object.keys(lastAngles(side));
  return layers.map((layer, l) => ({
    name: `${labelOf(rule)} ${layer}`,
    tone: `${toneOf(rule)} shade-${l % 6}`,
    points: side.history.map(({ step, measured }): [number, number] => [step, measured?.angles[layer] ?? Number.NaN]),
  }));
}

const lastAngles = ({ history }: Side) => history.findLast(({ measured }) => measured)?.measured?.angles ?? {};

/** The loss's axis fits what has been seen; a saturating network's first losses are huge. */
function lossAxis(sides: readonly Side[]) {
  const seen = sides.flatMap(({ history }) => history.map(({ loss }) => loss ?? 0));
  const most = Math.max(2.5, ...seen.filter((loss) => Number.isFinite(loss)).map((loss) => Math.min(loss, 50)));
  return { least: 0, most, text: (value: number) => `${Number(value.toPrecision(2))}` };
}
