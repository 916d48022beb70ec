/* Why: a lesson in steps that ends at the project's finding; every number in it is computed here and now. */

import type { RuleName } from '../../core.js';
import { type AttackSettings, CHUNK, type ChunkResult } from '../engine/session.js';
import type { Lab } from '../lab.js';
import { STEPS } from '../plans.js';
import { labelOf, percent, toneOf } from '../words.js';
import { Chart, type Line } from './chart.js';
import { h, setText } from './dom.js';
import { HeatMap } from './heat-map.js';

const IMAGES = 208;
const EPSILON = 0.2;
const RADII = [0.1, EPSILON, 0.3, 0.5];

/** The four ways to ask: along which path, making which loss grow. */
const ways = {
  paper: { path: 'feedback', loss: 'cross-entropy' },
  margin: { path: 'feedback', loss: 'margin' },
  carried: { path: 'true', loss: 'cross-entropy' },
  both: { path: 'true', loss: 'margin' },
} satisfies Record<string, Partial<AttackSettings>>;
type Way = keyof typeof ways;

/** Of one network: each image's fate, as far as it is known; of the ways to ask at each of the radii. */
interface Found {
  readonly clean: boolean[];
  readonly zero: boolean[];
  readonly grey: boolean[];
  readonly asked: Record<Way, boolean[][]>;
}

const nothing = (): Found => {
  const each = () => RADII.map((): boolean[] => []);
  return { clean: [], zero: [], grey: [], asked: { paper: each(), margin: each(), carried: each(), both: each() } };
};
const partOf = (flags: readonly boolean[]): number => flags.filter(Boolean).length / flags.length;
const share = (flags: readonly boolean[]): string => (flags.length === 0 ? '…' : percent(partOf(flags)));
const under = ({ asked }: Found, way: Way): boolean[] => asked[way][RADII.indexOf(EPSILON)];
/** Images on which no attack of the lesson fooled the network. */
const worst = ({ asked, clean }: Found, r = RADII.indexOf(EPSILON)): boolean[] =>
  asked.both[r].map((right, i) => right && clean[i] && asked.paper[r][i] && asked.margin[r][i] && asked.carried[r][i]);

export function whyView(lab: Lab): { element: HTMLElement; render: (repaint?: boolean) => void } {
  let found: [Found, Found] = [nothing(), nothing()];
  let key = '';
  let running = false;
  const wanted = () =>
    `${lab.state.rules}|${lab.state.plan}|${lab.state.seed}|${lab.sides[0].history.at(-1)?.step}|${lab.test?.count}`;
  const compute = async () => {
    if (running || key === wanted() || lab.busy || !lab.sides[0].trace || lab.state.view !== 'why') return;
    running = true;
    key = wanted();
    found = [nothing(), nothing()];
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
    h('div', { class: 'row' }, train),
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
        setText(parts[i].text, text(names, found));
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

/** How much more the paper's attack left than the worst case. */
const blindness = (found: Found): string => {
  const seen = worst(found);
  return seen.length === 0 ? '…' : percent(partOf(under(found, 'paper')) - partOf(seen));
};

interface Lesson {
  readonly title: string;
  readonly text: (names: readonly string[], found: readonly Found[]) => string;
  readonly rows?: (found: readonly Found[]) => [string, string, string][];
}

const row = (
  name: string,
  found: readonly Found[],
  pick: (of: Found) => readonly boolean[],
): [string, string, string] => [name, share(pick(found[0])), share(pick(found[1]))];

const lessons: readonly Lesson[] = [
  {
    title: '1. The flat curve',
    text: ([left, right], [a, b]) =>
      `Both networks read clean digits: ${left} ${share(a.clean)} of them, ${right} ${share(b.clean)}. Now attack each as the paper does: ten steps of BIM within ε = ${EPSILON}, along the gradient of the cross-entropy that the network’s own learning rule sends down to the pixels. ${left} keeps ${share(under(a, 'paper'))}, ${right} keeps ${share(under(b, 'paper'))}. Whoever has more left looks robust.`,
    rows: (found) => [
      row('clean', found, (of) => of.clean),
      row(`BIM, ε = ${EPSILON}`, found, (of) => under(of, 'paper')),
    ],
  },
  {
    title: '2. Gradients that are exactly zero',
    text: ([left, right], [a, b]) =>
      `An attack that follows the sign of the gradient can’t move where the gradient is zero. For ${share(b.zero)} of the images ${right}’s gradient is exactly zero in every pixel, for ${left}’s ${share(a.zero)}. Where logits have grown so far apart that the softmax is exactly 0 or 1 in float32, the cross-entropy has no slope left: the network is saturated. Those images were never attacked.`,
  },
  {
    title: '3. Ask with another loss',
    text: ([, right], [, b]) =>
      `The margin, the best wrong logit less the right one, has a slope however large the logits are. Along the rule’s own path BIM on the margin leaves ${right} ${share(under(b, 'margin'))}. What still stands now is not due to saturation: the feedback weights B carry the error in a direction of their own, at about a right angle to the true one (Look, last step).`,
    rows: (found) => [row('own path, margin', found, (of) => under(of, 'margin'))],
  },
  {
    title: '4. Ask along the true weights',
    text: ([, right], [, b]) =>
      `An attacker who has the network has its weights, and need not use B. Along the true transposed weights, the cross-entropy leaves ${right} ${share(under(b, 'carried'))}, the margin ${share(under(b, 'both'))}. Only the last of the four is free of both misalignment and saturation.`,
    rows: (found) => [
      row('true weights, cross-entropy', found, (of) => under(of, 'carried')),
      row('true weights, margin', found, (of) => under(of, 'both')),
    ],
  },
  {
    title: '5. The grey image',
    text: ([left, right], [a, b]) =>
      `With ε = 0.5 every picture can be turned into the same grey. No classifier can be right about those: ${left} is on ${share(a.grey)}, ${right} on ${share(b.grey)}, about one digit in ten. A curve that is higher than that at ε = 0.5 shows an attack that failed, and no network that withstood.`,
    rows: (found) => [row('all grey', found, (of) => of.grey)],
  },
  {
    title: '6. The worst case',
    text: ([left, right], [a, b]) =>
      `A network withstands on an image if no attack fools it there. Over the four above, the worst case at ε = ${EPSILON} leaves ${left} ${share(worst(a))} and ${right} ${share(worst(b))}. That is the robustness. What else stood under the paper’s attack, ${blindness(b)} of ${right}’s images, was the attack’s blindness.`,
    rows: (found) => [
      row('paper’s attack', found, (of) => under(of, 'paper')),
      row('worst case', found, (of) => worst(of)),
    ],
  },
];
