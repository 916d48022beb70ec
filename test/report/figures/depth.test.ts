import { test } from 'tap';
import { type EpochAngles, figureD } from '../../../src/report/figures/alignment.js';
import { figureE } from '../../../src/report/figures/depth.js';
import { renderSvg } from '../../../src/report/figures/render.js';

const layers = ['conv1', ...Array.from({ length: 18 }, (_, l) => `block${(l >> 1) + 1}.conv${(l % 2) + 1}`), 'fc'];
const angles = (from: number) =>
  Object.fromEntries(layers.map((layer, l) => [layer, layer === 'fc' ? null : from + l]));
const epoch = (rule: string, number: number): EpochAngles => ({
  ...{ rule, epoch: number, gradientAngles: angles(60 + number) },
  ...(rule === 'bp' ? {} : { errorAngles: angles(70) }),
});
const epochs = [epoch('bp', 1), epoch('fa', 1), epoch('fa', 2), epoch('kp', 1)];
const run = { dataset: 'cifar10', seed: 7 };

interface Panel {
  readonly title: { readonly text: string };
  readonly layer: readonly [unknown, { readonly data: { readonly values: readonly unknown[] } }];
}
type Figure = { vconcat: [unknown, { concat: Panel[]; columns: number }] };

test('a panel for each rule but backpropagation and each kind of angle; a line for each epoch, by depth', async (t) => {
  const { concat, columns } = (figureE(epochs, run) as unknown as Figure).vconcat[1];
  t.equal(columns, 2);
  t.same(
    concat.map(({ title }) => title.text),
    ['FA: ΔW', 'KP: ΔW', 'FA: errors', 'KP: errors'],
  );
  const { values } = concat[0].layer[1].data;
  t.equal(values.length, 38, 'where there is no angle, none is drawn');
  t.same(
    [values[0], values[18], values[19]],
    [
      { name: 'epoch 1', layer: 1, angle: 61 },
      { name: 'epoch 1', layer: 19, angle: 79 },
      { name: 'epoch 2', layer: 1, angle: 62 },
    ],
  );
});

test('without any other rule, no figure', async (t) => {
  t.equal(figureE([epoch('bp', 1)], run), undefined);
  t.equal(figureE([], run), undefined);
});

test('it names rules, epochs, seed and data set, the last epoch darkest', async (t) => {
  const svg = await renderSvg(figureE(epochs, run) as NonNullable<ReturnType<typeof figureE>>);
  for (const text of ['>epoch 1<', '>epoch 2<', 'FA: ΔW', 'seed 7', 'CIFAR-10', '>layer<'])
    t.match(svg, new RegExp(text), text);
  t.match(svg, /hsl\(210, ?65%, ?76%\).*hsl\(210, ?65%, ?22%\)/s);
  t.notMatch(svg, /NaN/);
});

test('figure (d) of so many layers shows eight, from the lowest to the highest', async (t) => {
  const { concat, columns } = (figureD(epochs, run) as unknown as Figure).vconcat[1];
  t.equal(columns, 8);
  const shown = concat.slice(0, 8).map(({ title }) => title.text);
  t.same([shown[0], shown[7]], ['conv1', 'fc']);
  t.equal(new Set(shown).size, 8);
});
