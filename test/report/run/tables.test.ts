import { test } from 'tap';
import { accuracyTable, answer, networkTable, summary } from '../../../src/report/run/tables.js';
import { exampleResults, point } from '../../helpers/results-example.js';

/** The cells of a table, row by row, without its frame. */
function cells(table: string): string[][] {
  const rows = table.split('\n').filter((line) => line.startsWith('│'));
  return rows.map((line) =>
    line
      .split('│')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

const widest = (text: string) => Math.max(...text.split('\n').map((line) => line.length));

test('the network table gives clean accuracy, training time and zero gradients', async (t) => {
  t.same(cells(networkTable(exampleResults())), [
    ['Network', 'Clean accuracy (%)', 'Training time', 'Zero gradients'],
    ['BP', '98.9', '1 min 0 s', '0.0\u00a0%'],
    ['FA', '96.5', '2 min 11 s', '96.1\u00a0%'],
  ]);
});

test('the answer alone: the networks under their own attacks, and the honest reading; the first epsilon says that it is one', async (t) => {
  const all = exampleResults();
  const curves = all.curves.map((curve) => ({ ...curve, points: curve.points.filter(({ epsilon }) => epsilon > 0) }));
  const text = answer({ ...all, curves }, 80);
  const [head, ...rows] = cells(text);
  t.match(head[2], /^ε = 0\.\d+$/);
  t.notMatch(head.slice(3).join(), /ε/);
  t.ok(rows.length > 1 && rows.every(([network]) => ['BP', 'FA', ''].includes(network)), 'no transfer');
  t.match(text, /FA: .* of the test images have a gradient of exactly zero/);
  t.ok(widest(text) <= 80);
});

test('training times are readable from a tenth of a second to hours', async (t) => {
  const shown = (trainSeconds: number) => {
    const models = { bp: { cleanAccuracy: 1, trainSeconds } };
    return cells(networkTable({ ...exampleResults(), models }))[1]![2];
  };
  t.same([0.42, 9.94, 59.6, 119.4, 119.6, 7325].map(shown), [
    '0.4 s',
    '9.9 s',
    '1 min 0 s',
    '1 min 59 s',
    '2 min 0 s',
    '2 h 2 min',
  ]);
});

test('the accuracy table holds the hand-made numbers of every direction and attack', async (t) => {
  const curve = (attack: string, source: string, target: string, correct: number) =>
    ({
      attack,
      source,
      target,
      path: 'feedback',
      loss: 'cross-entropy',
      points: [point(0, 990), point(0.25, correct)],
    }) as const;
  const curves = [
    curve('bim', 'fa', 'bp', 985),
    curve('fgsm', 'bp', 'bp', 220),
    curve('bim', 'bp', 'bp', 3),
    curve('bim', 'bp', 'fa', 601),
    curve('bim', 'fa', 'fa', 973),
  ];
  t.same(cells(accuracyTable({ ...exampleResults(), curves })), [
    ['Accuracy (%)', 'Attack', 'ε = 0', '0.25'],
    ['BP', 'FGSM', '99.0', '22.0'],
    ['', 'BIM', '99.0', '0.30'],
    ['FA', 'BIM', '99.0', '97.3'],
    ['BP → FA', 'BIM', '99.0', '60.1'],
    ['FA → BP', 'BIM', '99.0', '98.5'],
  ]);
});

test('an epsilon that a curve does not have is a dash', async (t) => {
  const results = exampleResults({ networks: ['bp'], attacks: ['bim'], epsilons: [0, 0.1] });
  const short = { ...results.curves[0]!, attack: 'fgsm', points: [point(0, 989)] };
  t.same(cells(accuracyTable({ ...results, curves: [...results.curves, short] })).slice(1), [
    ['BP', 'BIM', '98.9', '65.9'],
    ['', 'FGSM', '98.9', '–'],
  ]);
});

test('with both gradient paths every row says which, and the zero gradients are counted along each', async (t) => {
  const results = exampleResults({ paths: ['feedback', 'true'], attacks: ['bim'] });
  const curves = results.curves.map((curve) =>
    curve.path === 'true' ? { ...curve, points: curve.points.map((each) => ({ ...each, zeroGradient: 20 })) } : curve,
  );
  const accuracies = cells(accuracyTable({ ...results, curves }));
  t.same(accuracies[0]!.slice(0, 3), ['Accuracy (%)', 'Attack', 'Path']);
  t.same(
    accuracies.slice(3, 5).map((row) => row.slice(0, 3)),
    [
      ['FA', 'BIM', 'feedback'],
      ['', 'BIM', 'true'],
    ],
  );
  t.same(cells(networkTable({ ...results, curves }))[2]!.slice(3), ['96.1\u00a0%', '2.0\u00a0%']);
});

test('the summary of a default run fits 100 columns with seven epsilons, a narrow one with fewer', async (t) => {
  const results = exampleResults();
  t.same(cells(accuracyTable(results, 100))[0]!.slice(2), ['ε = 0', '0.1', '0.2', '0.3', '0.5', '0.7', '1']);
  t.same(cells(accuracyTable(results, 60))[0]!.slice(2), ['ε = 0', '0.1', '0.4', '1']);
  t.equal(cells(accuracyTable(results, 44))[0]!.slice(2).length, 2, 'two at least');
  for (const width of [20, 40, 70, 80, 100, 200]) t.ok(widest(summary(results, width)) <= width, `${width} columns`);
  const both = exampleResults({
    paths: ['feedback', 'true'],
    epsilons: [0, 1, 2, 4, 6, 8, 12, 16].map((e) => e / 255),
  });
  t.ok(widest(summary(both, 100)) <= 100);
  t.match(accuracyTable(both, 100), /16\/255/);
});

test('the summary ends with the honest sentences, and holds no colour codes', async (t) => {
  const text = summary(exampleResults(), 100);
  t.ok(text.indexOf('Training time') < text.indexOf('MI-FGSM'));
  const plain = text.replaceAll('\n', ' ');
  t.match(plain, /exactly zero, .* an attack without a gradient, not a network without a weakness\. .*solid grey/);
  t.notOk(text.includes('\u001b'));
});

test('a clean accuracy stands with its 95 % interval, where the results have one', async (t) => {
  const models = {
    bp: { cleanAccuracy: 0.128, cleanInterval: [0.1087, 0.1502], trainSeconds: 1 },
    fa: { cleanAccuracy: 0.5, trainSeconds: 1 },
  };
  const [, bp, fa] = cells(networkTable({ ...exampleResults(), models }));
  t.equal(bp![1], '12.8 (10.9–15.0)');
  t.equal(fa![1], '50.0');
});

test('attacks that maximise different losses have them in their rows, and zero gradients by loss', async (t) => {
  const results = exampleResults({ attacks: ['bim', 'fab', 'square', 'grey'], networks: ['fa'], epsilons: [0.1] });
  const [bim, ...others] = results.curves;
  const margins = others.map((curve) => {
    const [loss, zeroGradient] = curve.attack === 'grey' ? [null, null] : ['margin', 5];
    return { ...curve, loss, points: curve.points.map((each) => ({ ...each, zeroGradient })) };
  });
  const curves = [bim, ...margins];
  t.same(
    cells(accuracyTable({ ...results, curves })).map((row) => row.slice(1, 3)),
    [
      ['Attack', 'Loss'],
      ['BIM', 'cross-entropy'],
      ['FAB', 'margin'],
      ['Square', 'margin'],
      ['Grey', '–'],
    ],
  );
  const [heads, row] = cells(networkTable({ ...results, curves }, 200));
  t.same(heads.slice(3), ['Zero gradients (cross-entropy)', 'Zero gradients (margin)']);
  t.same(row.slice(3), ['96.1\u00a0%', '0.50\u00a0%']);
});

test('epsilons that print alike have headings of their own', async (t) => {
  const results = exampleResults({ epsilons: [0.1, 0.1000001, 0.10000012], networks: ['bp', 'fa'] });
  t.same(cells(accuracyTable(results))[0].slice(2), ['ε = 0.1', '0.1000001', '0.10000012']);
  const four = { bp: results.models.bp, fa: results.models.fa, kp: results.models.bp, wm: results.models.bp };
  const [, matrix] = summary({ ...results, models: four }, 200).match(/ε = (\S+): made on/) ?? [];
  t.equal(matrix, '0.1000001', 'that of a transfer table too');
});
