/* Attack: one picture moved within ε, what both networks make of it, and the curve over many while one looks. */

import { type AttackName, attacks, type GradientPath, type LossName, losses } from '../../core.js';
import type { State } from '../address.js';
import { type Answer, type AttackSettings, CHUNK } from '../engine/session.js';
import type { Lab } from '../lab.js';
import { labelOf, toneOf } from '../words.js';
import { Bars } from './bars.js';
import { Chart } from './chart.js';
import { choice, h, numberField, setText } from './dom.js';
import { HeatMap } from './heat-map.js';
import { pictureView } from './picture.js';

/** Test images of the curve, and its radii. */
const CURVE_IMAGES = 208;
const RADII = [0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5];
const SHAPE = [1, 28, 28];

interface Example {
  readonly adversarial: Float32Array;
  readonly zeroGradient: boolean;
  readonly clean: readonly Answer[];
  readonly moved: readonly Answer[];
}

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
      { class: 'triple' },
      h('figure', {}, h('figcaption', {}, 'clean'), picture.element),
      h('figure', {}, h('figcaption', {}, 'change'), maps[0].canvas),
      h('figure', {}, h('figcaption', {}, 'adversarial'), maps[1].canvas),
    ),
    verdict,
    h('div', { class: 'pair stacked' }, ...bars.map((bar) => bar.element)),
    h('h3', {}, 'Four ways to ask the same network'),
    table.element,
    chart.element,
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
      } else setText(verdict, lab.busy ? 'Training goes on: pause it to attack.' : 'Computing …');
      table.render();
      chart.draw(curves.lines());
    },
  };
}

/** What decides an example. */
const keyOf = ({ state, sides }: Lab): string => {
  const { attack, epsilon, iterations, path, loss, source, picture } = state;
  const which = picture.kind === 'test' ? picture.index : `${picture.label}${picture.pixels.join()}`;
  return [attack, epsilon, iterations, path, loss, source, which, networksKey(sides)].join('|');
};

let traced = 0;
const numbers = new WeakMap<object, number>();
/** Changes whenever the networks do: with their traces. */
function networksKey(sides: Lab['sides']): string {
  return sides
    .map(({ history }) => {
      if (!numbers.has(history)) numbers.set(history, traced++);
      return `${numbers.get(history)}:${history.at(-1)?.step}`;
    })
    .join();
}

async function makeExample(lab: Lab, settings: AttackSettings): Promise<Example> {
  const { sides, state, image, label } = lab;
  const index = state.picture.kind === 'test' ? state.picture.index : 0;
  const { adversarial, zeroGradient } = await sides[state.source].engine.call('perturb', image, label, index, settings);
  const answers = (of: Float32Array) => Promise.all(sides.map(({ engine }) => engine.call('answer', of)));
  return { adversarial, zeroGradient, clean: await answers(image), moved: await answers(adversarial) };
}

function verdictText(lab: Lab, { zeroGradient, clean, moved }: Example): string {
  const { source, rules } = lab.state;
  const [before, after] = [clean[source].prediction, moved[source].prediction];
  const name = labelOf(rules[source]);
  if (zeroGradient) return `${name}’s gradient at this picture is exactly zero in every pixel: the attack never moved.`;
  if (before !== lab.label) return `${name} takes the clean picture for a ${before} already.`;
  return after === lab.label
    ? `${name} withstands: still a ${after}.`
    : `${name} is fooled: it was a ${before}, now it says ${after}.`;
}

function controlsOf(lab: Lab): { element: HTMLElement; render: () => void } {
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

/** The first lesson: feedback or true weights, cross-entropy or margin, on this picture; each cell is one click. */
function lessonTable(lab: Lab): { element: HTMLElement; render: () => void } {
  const columns = ['cross-entropy', 'margin'] as const;
  const rows = [
    ['feedback', 'the rule’s own path'],
    ['true', 'the true weights'],
  ] as const;
  const cells = rows.flatMap(([path]) =>
    columns.map((loss) => ({ path, loss, button: h('button', { onclick: () => lab.show({ path, loss }) }, '…') })),
  );
  const name = h('th', { scope: 'col' });
  const element = h(
    'table',
    { class: 'lesson' },
    h('thead', {}, h('tr', {}, name, ...columns.map((loss) => h('th', { scope: 'col' }, losses[loss].title)))),
    h(
      'tbody',
      {},
      ...rows.map(([path, text]) =>
        h(
          'tr',
          {},
          h('th', { scope: 'row' }, text),
          ...cells.filter((cell) => cell.path === path).map(({ button }) => h('td', {}, button)),
        ),
      ),
    ),
  );
  let asked = '';
  let busy = false;
  const compute = async () => {
    const { attack, epsilon, iterations, source } = lab.state;
    const { path: _path, loss: _loss, ...rest } = lab.attackSettings();
    const key = [attack, epsilon, iterations, source, lab.label, lab.image.join(), networksKey(lab.sides)].join();
    if (key === asked || busy || lab.busy || !lab.sides[0].trace) return;
    busy = true;
    asked = key;
    for (const { path, loss, button } of cells) {
      const { zeroGradient, moved } = await makeExample(lab, { ...rest, path, loss });
      const { prediction } = moved[source];
      const fooled = prediction !== lab.label;
      setText(button, zeroGradient ? 'gradient is zero' : fooled ? `fooled: ${prediction}` : `still ${prediction}`);
      button.className = fooled ? 'fooled' : '';
    }
    busy = false;
  };
  return {
    element,
    render() {
      const { rules, source, path, loss } = lab.state;
      setText(name, `${labelOf(rules[source])}’s gradient, carried by`);
      for (const cell of cells) cell.button.setAttribute('aria-pressed', `${cell.path === path && cell.loss === loss}`);
      void compute();
    },
  };
}

/** Counts image by image, chunk by chunk, while nothing else is asked of the workers. */
class Curves {
  private key = '';
  private counts: { right: number; total: number }[][] = [];
  private running = false;
  constructor(private readonly lab: Lab) {}

  /** What is known so far; goes on counting in the background. */
  lines() {
    const { state } = this.lab;
    void this.count();
    return state.rules.map((rule, i) => ({
      name: i === 1 && state.rules[0] === rule ? `${labelOf(rule)}, right` : labelOf(rule),
      tone: toneOf(rule),
      dashed: i === 1 && state.rules[0] === rule,
      points: RADII.map((radius, r): [number, number] => {
        const found = this.counts[i]?.[r];
        return [radius, found && found.total > 0 ? found.right / found.total : Number.NaN];
      }),
    }));
  }

  private get wanted(): string {
    const { state, sides } = this.lab;
    return [state.attack, state.iterations, state.path, state.loss, networksKey(sides)].join();
  }

  private async count(): Promise<void> {
    const { lab } = this;
    if (this.running || this.key === this.wanted || lab.busy || lab.state.view !== 'attack') return;
    this.running = true;
    const key = this.wanted;
    this.key = key;
    this.counts = [0, 1].map(() => RADII.map(() => ({ right: 0, total: 0 })));
    // All radii on few images first, then on more: the whole curve is there at once, and steadies.
    for (let first = 0; first < CURVE_IMAGES; first += CHUNK) {
      for (const [r, epsilon] of RADII.entries()) {
        if (this.wanted !== key || lab.busy || lab.state.view !== 'attack') {
          this.key = '';
          this.running = false;
          return;
        }
        await Promise.all(
          lab.sides.map(async ({ engine }, i) => {
            const { right } = await engine.call('attackChunk', first, lab.attackSettings({ epsilon }));
            if (this.wanted !== key) return;
            this.counts[i][r].total += right.length;
            this.counts[i][r].right += right.filter(Boolean).length;
          }),
        );
        lab.changed();
      }
    }
    this.running = false;
  }
}
