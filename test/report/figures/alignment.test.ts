import { test } from 'tap';
import { type EpochAngles, figureD } from '../../../src/report/figures/alignment.js';
import { renderSvg } from '../../../src/report/figures/render.js';
import { coloursOfNetworks } from '../../../src/report/figures/style.js';

const epoch = (rule: string, number: number, angle: number | null): EpochAngles => {
  const angles = { conv1: angle, fc1: 40 };
  return {
    ...{ rule, epoch: number, gradientAngles: angles },
    ...(rule === 'bp' ? {} : { errorAngles: angles }),
    ...(rule === 'bp' || rule === 'dfa' ? {} : { weightAngles: angles }),
  };
};
const run = { dataset: 'mnist', seed: 7 };
const epochs = [epoch('bp', 1, 0), epoch('fa', 1, 80), epoch('fa', 2, 70), epoch('dfa', 1, 90), epoch('dfa', 2, null)];

interface Panel {
  readonly title: { readonly text: string };
  readonly layer: readonly [unknown, { readonly data: { readonly values: readonly unknown[] } }];
}
const panelsOf = (lines: readonly EpochAngles[]) =>
  (figureD(lines, run) as unknown as { vconcat: [unknown, { concat: Panel[]; columns: number }] }).vconcat[1];

test('a panel for each layer and angle, a line for each rule but backpropagation', async (t) => {
  const { concat, columns } = panelsOf(epochs);
  t.equal(columns, 2);
  t.same(
    concat.map(({ title }) => title.text),
    ['conv1', 'fc1', 'conv1', 'fc1', 'conv1', 'fc1'],
  );
  t.same(
    concat[0].layer[1].data.values,
    [
      { name: 'FA', epoch: 1, angle: 80 },
      { name: 'FA', epoch: 2, angle: 70 },
    ],
    'DFA sends no error through W',
  );
  t.same(
    concat[2].layer[1].data.values.at(-1),
    { name: 'DFA', epoch: 1, angle: 90 },
    'where there is no angle, none is drawn',
  );
});

test('without weights to compare, two kinds of angles; without any other rule, no figure', async (t) => {
  t.equal(panelsOf(epochs.filter(({ rule }) => rule !== 'fa')).concat.length, 4);
  t.equal(figureD([epoch('bp', 1, 0)], run), undefined);
  t.equal(figureD([], run), undefined);
});

test('the figure names rules in their colours, layers, images and seed', async (t) => {
  const svg = await renderSvg(figureD(epochs, run) as NonNullable<ReturnType<typeof figureD>>);
  for (const text of ['>FA<', '>DFA<', '>conv1<', 'seed 7', 'B and W', 'errors', 'epoch'])
    t.match(svg, new RegExp(text), text);
  for (const colour of coloursOfNetworks(['fa', 'dfa'])) t.match(svg, new RegExp(colour, 'i'));
  t.notMatch(svg, /NaN|>BP</);
});
