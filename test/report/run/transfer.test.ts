import { test } from 'tap';
import { figureB } from '../../../src/report/figures/accuracy.js';
import { renderSvg } from '../../../src/report/figures/render.js';
import type { Curve, Results } from '../../../src/report/run/results.js';
import { summary } from '../../../src/report/run/tables.js';
import { transferMatrices } from '../../../src/report/run/transfer.js';
import { exampleResults, point } from '../../helpers/results-example.js';

const names = ['bp', 'fa', 'kp', 'wm'];

/** 100·(row + 1) + column of 1,000 images are right, 5 more along the true path; under BIM 1 less. */
function many(paths: readonly Curve['path'][], attacks = ['fgsm', 'bim']): Results {
  const curves = names.flatMap((source, row) =>
    names.flatMap((target, column) =>
      attacks.flatMap((attack) =>
        (source === 'bp' ? (['true'] as const) : paths).map((path): Curve => {
          const correct = 100 * (row + 1) + column + (path === 'true' ? 5 : 0) - (attack === 'bim' ? 1 : 0);
          const epsilons = source === target ? [0, 0.1, 0.2, 0.4, 0.5] : [0.1, 0.2, 0.4];
          return {
            ...{ attack, source, target, path, loss: 'cross-entropy' },
            points: epsilons.map((epsilon) => point(epsilon, correct + (epsilon === 0.2 ? 0 : 50))),
          };
        }),
      ),
    ),
  );
  const models = Object.fromEntries(names.map((name) => [name, { cleanAccuracy: 0.9, trainSeconds: 1 }]));
  return { ...exampleResults(), models, curves };
}

test('the transfer of many networks is a matrix under BIM at the middle epsilon', async (t) => {
  const [matrix, ...others] = transferMatrices(many(['feedback']));
  t.same(others, []);
  t.match(matrix, { attack: 'bim', epsilon: 0.2, path: undefined, networks: names });
  t.same(matrix.accuracies, [
    [0.104, 0.105, 0.106, 0.107],
    [0.199, 0.2, 0.201, 0.202],
    [0.299, 0.3, 0.301, 0.302],
    [0.399, 0.4, 0.401, 0.402],
  ]);
});

test('one for each path where they are compared, in which backpropagation’s only path stands twice', async (t) => {
  const [own, exact] = transferMatrices(many(['feedback', 'true']));
  t.same([own.path, exact.path], ['feedback', 'true']);
  t.same([own.accuracies[0][1], exact.accuracies[0][1]], [0.105, 0.105]);
  t.same([own.accuracies[1][0], exact.accuracies[1][0]], [0.199, 0.204]);
});

test('without BIM the last attack is taken; few networks, or none shown another’s examples, have no matrix', async (t) => {
  t.equal(transferMatrices(many(['feedback'], ['pgd', 'fgsm']))[0].attack, 'fgsm');
  t.same(transferMatrices(exampleResults()), []);
  const results = many(['feedback']);
  t.same(
    transferMatrices({ ...results, curves: results.curves.filter(({ source, target }) => source === target) }),
    [],
  );
});

test('the summary has the matrix in the place of a row for each pair, figure (b) a heat map', async (t) => {
  const results = many(['feedback']);
  const text = summary(results, 120);
  t.match(text, /ε = 0\.2.*made on ↓/s);
  t.notMatch(text, /BP → FA/);
  const spec = figureB(results);
  if (!spec) throw new Error('there is no figure');
  const svg = await renderSvg(spec);
  for (const said of ['>40.2<', '>WM<', 'shown to', 'ε = 0.2', 'made on the network of each row'])
    t.match(svg, new RegExp(said), said);
});
