import { csvParse } from 'd3-dsv';
import { test } from 'tap';
import { formatCsv } from '../../../src/report/run/csv.js';
import { exampleResults, point } from '../../helpers/results-example.js';

test('results.csv holds every point of every curve and reads back to the same numbers', async (t) => {
  const results = exampleResults({ epsilons: [0, 0.1 + 0.2, 1 / 3] });
  const rows = csvParse(formatCsv(results));
  t.equal(rows.length, 4 * 3 * 3);
  const points = results.curves.flatMap((curve) => curve.points.map((each) => ({ ...each, curve })));
  for (const [index, row] of rows.entries()) {
    const { curve, ...numbers } = points[index]!;
    t.same(
      [row.dataset, Number(row.seed), row.attack, row.source, row.target, row.path],
      ['mnist', 7, curve.attack, curve.source, curve.target, curve.path],
    );
    for (const [name, value] of Object.entries(numbers)) t.equal(Number(row[name]), value, name);
  }
});

test('results.csv has its promised columns in their order, and only those', async (t) => {
  const header = 'dataset,seed,attack,source,target,path,loss,epsilon,correct,total,accuracy,zeroGradient,low,high';
  t.equal(formatCsv({ ...exampleResults(), curves: [] }), `${header}\n`);
  const extended = { ...point(0.1, 999), addedLater: 5 };
  const curve = {
    attack: 'bim',
    source: 'bp',
    target: 'bp',
    path: 'true',
    loss: 'cross-entropy',
    points: [extended],
  } as const;
  t.equal(
    formatCsv({ ...exampleResults(), curves: [curve] }),
    `${header}\nmnist,7,bim,bp,bp,true,cross-entropy,0.1,999,1000,0.999,0,0.9943574414020421,0.9998234536293739\n`,
  );
});

test('an attack that maximises no loss has none in its row, and no zero gradients', async (t) => {
  const [curve] = exampleResults({ attacks: ['grey'], epsilons: [0.1] }).curves;
  const points = curve.points.map((each) => ({ ...each, zeroGradient: null }));
  const [row] = csvParse(formatCsv({ ...exampleResults(), curves: [{ ...curve, loss: null, points }] }));
  t.same([row.loss, row.zeroGradient], ['', '']);
});
