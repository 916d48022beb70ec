/* Attack: one picture moved within ε, what both networks make of it, and the curve over many while one looks. */

import type { Lab } from '../lab.js';
import { labelOf, toneOf } from '../words.js';
import { CURVE_IMAGES, Curves } from './accuracy-curves.js';
import { controlsOf } from './attack-controls.js';
import { type Example, keyOf, makeExample, verdictText } from './attack-example.js';
import { Bars } from './bars.js';
import { Chart } from './chart.js';
import { h, setText } from './dom.js';
import { HeatMap } from './heat-map.js';
import { lessonTable } from './lesson-table.js';
import { pictureView } from './picture.js';

const SHAPE = [1, 28, 28];

export function attackView(lab: Lab): { element: HTMLElement; render: (repaint?: boolean) => void } {
  const picture = pictureView(lab);
  const controls = controlsOf(lab);
  const maps = [new HeatMap(), new HeatMap()];
  const bars = [new Bars(), new Bars()];
  const verdict = h('p', { class: 'verdict', role: 'status' });
  const share = (value: number) => `${Math.round(100 * value)} %`;
  const chart = new Chart({
    title: `Accuracy on ${CURVE_IMAGES} test images, each network attacked on its own`,
    x: { label: 'ε', most: 0.5 },
    y: { least: 0, most: 1, text: share },
  });
  const curves = new Curves(lab);
  const table = lessonTable(lab);
  let example: Example | undefined;
  let asked = '';
  let busy = false;
  const compute = async () => {
    const key = keyOf(lab);
    if (key === asked || busy || lab.busy || !lab.sides[0].trace) return;
    busy = true;
    asked = key;
    example = await makeExample(lab, lab.attackSettings());
    busy = false;
    lab.changed();
  };
  const element = h(
    'section',
    { 'aria-labelledby': 'attack-title' },
    h('h2', { id: 'attack-title' }, 'Attack'),
    h(
      'p',
      { class: 'lead' },
      'How little must the picture change for the network to be wrong? The attack climbs the loss along the gradient at the pixels, and no pixel moves by more than ε.',
    ),
    controls.element,
    h(
      'div',
      { class: 'attack' },
      h(
        'div',
        {},
        h(
          'div',
          { class: 'triple' },
          h('figure', {}, h('figcaption', {}, 'clean'), picture.element),
          h('figure', {}, h('figcaption', {}, 'change'), maps[0].canvas),
          h('figure', {}, h('figcaption', {}, 'adversarial'), maps[1].canvas),
        ),
        verdict,
        h('div', { class: 'pair stacked' }, ...bars.map((bar) => bar.element)),
      ),
      h('div', {}, h('h3', {}, 'Four ways to ask the same network'), table.element, chart.element),
    ),
  );
  return {
    element,
    render(repaint = false) {
      picture.render();
      controls.render();
      void compute();
      if (example) {
        const { image } = lab;
        const { adversarial, clean, moved } = example;
        const change = adversarial.map((value, i) => value - image[i]);
        maps[0].draw(
          { values: change, shape: SHAPE, scale: Math.max(lab.state.epsilon, 1e-6), label: 'the change' },
          repaint,
        );
        maps[1].draw(
          { values: adversarial, shape: SHAPE, scale: 1, label: 'the adversarial image', pixels: true },
          repaint,
        );
        for (const [i, bar] of bars.entries()) {
          const rule = lab.state.rules[i];
          bar.render(labelOf(rule), toneOf(rule), clean[i], moved[i], lab.label);
        }
        setText(verdict, verdictText(lab, example));
      } else setText(verdict, lab.training ? 'Training goes on: pause it to attack.' : 'Computing …');
      table.render();
      chart.draw(curves.lines());
    },
  };
}
