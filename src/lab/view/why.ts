/* Why: a lesson in steps that ends at the project's finding; every number in it is computed here and now. */

import type { RuleName } from '../../core.js';
import type { AttackSettings, ChunkResult } from '../engine/answers.js';
import { CHUNK } from '../engine/session.js';
import type { Lab } from '../lab.js';
import { STEPS } from '../plans.js';
import { labelOf, toneOf } from '../words.js';
import { Chart, type Line } from './chart.js';
import { h, setText } from './dom.js';
import { HeatMap } from './heat-map.js';
import { type Found, nothing, partOf, RADII, type Way, ways, worst } from './why-found.js';
import { lessons } from './why-lessons.js';

const IMAGES = 208;

export function whyView(lab: Lab): { element: HTMLElement; render: (repaint?: boolean) => void } {
  let found: [Found, Found] = [nothing(), nothing()];
  let angle: number | undefined;
  let key = '';
  let running = false;
  const wanted = () =>
    `${lab.state.rules}|${lab.state.plan}|${lab.state.seed}|${lab.sides[0].history.at(-1)?.step}|${lab.test?.count}`;
  const compute = async () => {
    if (running || key === wanted() || lab.busy || !lab.sides[0].trace || lab.state.view !== 'why') return;
    running = true;
    key = wanted();
    found = [nothing(), nothing()];
    const image = Float32Array.from(lab.test?.pixels.subarray(0, 784) ?? [], (value) => value / 255);
    const { layers } = await lab.sides[1].engine.call('trace', image, lab.test?.labels[0] ?? 0, 'margin');
    angle = layers[0].errorAngle;
    for (let first = 0; first < IMAGES && key === wanted() && !lab.busy; first += CHUNK) {
      const ask = (changes: Partial<AttackSettings>, keep: (result: ChunkResult, of: Found) => void) =>
        Promise.all(
          lab.sides.map(async ({ engine }, i) => {
            const usual = { attack: 'bim', iterations: 10, ...ways.paper } as const;
            keep(await engine.call('attackChunk', first, lab.attackSettings({ ...usual, ...changes })), found[i]);
          }),
        );
      await ask({ epsilon: 0 }, ({ right, zeroGradient }, of) => {
        of.clean.push(...right);
        of.zero.push(...zeroGradient);
      });
      await ask({ attack: 'grey', epsilon: 0.5 }, ({ right }, of) => of.grey.push(...right));
      for (const way of Object.keys(ways) as Way[]) {
        for (const [r, epsilon] of RADII.entries()) {
          await ask({ ...ways[way], epsilon }, ({ right }, of) => of.asked[way][r].push(...right));
        }
      }
      lab.changed();
    }
    running = false;
    lab.changed();
  };
  const train = h(
    'button',
    { class: 'primary', onclick: () => void trainPaper(lab) },
    'Train the paper’s two networks',
  );
  const status = h('p', { class: 'status', role: 'status' });
  const chart = new Chart({
    title: 'Right answers: under the paper’s attack, and in the worst case',
    x: { label: 'ε', most: 0.5 },
    y: { least: 0, most: 1, text: (value) => `${Math.round(100 * value)} %` },
  });
  const grey = new HeatMap();
  const parts = lessons.map(({ title }) => ({ title: h('h3', {}, title), text: h('p'), table: h('div') }));
  const element = h(
    'section',
    { class: 'lesson-page', 'aria-labelledby': 'why-title' },
    h('h2', { id: 'why-title' }, 'Why'),
    h(
      'p',
      { class: 'lead' },
      'A curve that stays flat under attack looks like robustness. Here is how to tell whether it is.',
    ),
    lab.run.length === 0 && h('div', { class: 'row' }, train),
    status,
    h(
      'div',
      { class: 'beside' },
      h('div', {}, ...parts.flatMap(({ title, text, table }) => [title, text, table])),
      h(
        'div',
        { class: 'aside' },
        chart.element,
        h('figure', { class: 'small' }, h('figcaption', {}, 'Every picture at ε = 0.5'), grey.canvas),
      ),
    ),
  );
  return {
    element,
    render(repaint = false) {
      void compute();
      const { state, busy: training } = lab;
      train.disabled = !lab.canTrain || training;
      const known = found[0].asked.both.at(-1)?.length ?? 0;
      const where = training
        ? `Training: mini-batch ${state.step} of ${STEPS}.`
        : `Computed on ${known} of ${IMAGES} test images.`;
      setText(
        status,
        state.step === 0 && lab.run.length === 0 && !training ? `${where} These networks have not learned yet.` : where,
      );
      const names = state.rules.map(labelOf);
      chart.draw(state.rules.flatMap((rule, i) => linesOf(rule, found[i])));
      grey.draw({ values: GREY, shape: [1, 28, 28], scale: 1, label: 'solid grey', pixels: true }, repaint);
      for (const [i, { text, rows }] of lessons.entries()) {
        setText(parts[i].text, text(names, found, angle));
        const lines = rows?.(found).map(([name, left, right]) => `${name}|${left}|${right}`) ?? [];
        drawTable(parts[i].table, names, lines);
      }
    },
  };
}

const GREY = new Float32Array(784).fill(0.5);

function linesOf(rule: RuleName, found: Found): Line[] {
  const curve = (at: (r: number) => boolean[]) =>
    [[0, partOf(found.clean)], ...RADII.map((epsilon, r) => [epsilon, partOf(at(r))])] as [number, number][];
  return [
    { name: `${labelOf(rule)}, the paper’s attack`, tone: toneOf(rule), points: curve((r) => found.asked.paper[r]) },
    { name: `${labelOf(rule)}, worst case`, tone: toneOf(rule), dashed: true, points: curve((r) => worst(found, r)) },
  ];
}

async function trainPaper(lab: Lab): Promise<void> {
  await lab.restart({ plan: 'paper', optimizer: undefined, rates: [undefined, undefined], rules: ['bp', 'fa'] });
  await lab.train();
}

function drawTable(box: HTMLElement, names: readonly string[], lines: readonly string[]): void {
  if (lines.length === 0) return;
  const rows = lines.map((line) => line.split('|'));
  if (!box.firstChild) {
    const head = h('tr', {}, h('th', { scope: 'col' }, 'right answers'), ...names.map(() => h('th', { scope: 'col' })));
    const body = rows.map(([name]) => h('tr', {}, h('th', { scope: 'row' }, name), h('td'), h('td')));
    box.append(h('table', {}, h('thead', {}, head), h('tbody', {}, ...body)));
  }
  const [head, ...body] = Array.from(box.querySelectorAll('tr'));
  names.forEach((name, i) => {
    setText(head.children[i + 1], name);
  });
  body.forEach((row, r) => {
    setText(row.children[1], rows[r][1]);
    setText(row.children[2], rows[r][2]);
  });
}
