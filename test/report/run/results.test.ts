import { test } from 'tap';
import { UserError } from '../../../src/errors.js';
import { parseResults } from '../../../src/report/run/results.js';
import { exampleResults } from '../../helpers/results-example.js';

/** The example's JSON after a change. */
function changed(change: (data: ReturnType<typeof plain>) => void): string {
  const data = plain();
  change(data);
  return JSON.stringify(data);
}

// biome-ignore lint/suspicious/noExplicitAny: damaged on purpose, so that no type describes it
function plain(): any {
  return JSON.parse(JSON.stringify(exampleResults()));
}

test('results read back exactly as they were, every number identical', async (t) => {
  const results = exampleResults({ epsilons: [0, 0.1 + 0.2, 1 / 3, 8 / 255] });
  t.same(parseResults(JSON.stringify(results), 'results.json'), results);
});

test('a field that a later version added is accepted and kept', async (t) => {
  const text = changed((data) => {
    data.curves[0].loss = 'margin';
    data.curves[0].points[0].queries = 10;
  });
  t.same(parseResults(text, 'results.json'), JSON.parse(text));
});

const failures: readonly [what: string, text: string, message: RegExp][] = [
  ['a file that is not JSON', 'epsilon,correct\n', /^my\.json is not JSON .*Give a results\.json/],
  ['a JSON file of another kind', '{"epochs": 8}', /^my\.json: .*"schema" is missing/],
  ['a JSON file that holds null', 'null', /^my\.json: .*"schema" is missing/],
  ['an unknown schema', changed((data) => (data.schema = 2)), /^my\.json has schema 2; this version reads schema 1\. /],
  ['a missing field', changed((data) => delete data.seed), /^my\.json: seed is missing/],
  [
    'a missing field inside',
    changed((data) => delete data.curves[2].points[1].epsilon),
    /^my\.json: curves\[2\]\.points\[1\]\.epsilon is missing/,
  ],
  [
    'a number that is text',
    changed((data) => (data.models.fa.cleanAccuracy = '0.9')),
    /^my\.json: models\.fa\.cleanAccuracy is "0\.9": .*expected number/,
  ],
  [
    'NaN, which JSON writes as null',
    changed((data) => (data.models.bp.trainSeconds = Number.NaN)),
    /trainSeconds is null/,
  ],
  ['an unknown path', changed((data) => (data.curves[0].path = 'both')), /curves\[0\]\.path is "both": .*feedback/],
  ['a curve without points', changed((data) => (data.curves[1].points = [])), /curves\[1\]\.points is \[\]/],
  ['an epsilon over 1', changed((data) => (data.curves[0].points[0].epsilon = 8)), /points\[0\]\.epsilon is 8: .*<=1/],
  [
    'more correct images than there are',
    changed((data) => (data.curves[0].points[0].correct = 1001)),
    /points\[0\]\.correct is 1001: more than total/,
  ],
  [
    'more zero gradients than images',
    changed((data) => (data.curves[0].points[0].zeroGradient = 1001)),
    /points\[0\]\.zeroGradient is 1001: more than total/,
  ],
  [
    'an accuracy that is not correct / total',
    changed((data) => (data.curves[0].points[0].accuracy = 0.5)),
    /points\[0\]\.accuracy is 0\.5: not correct \/ total/,
  ],
  [
    'a curve of a network that the run does not have',
    changed((data) => (data.curves[0].source = 'toString')),
    /curves\[0\]\.source is "toString", which is not among the models \(bp, fa\)/,
  ],
];

for (const [what, text, message] of failures) {
  test(`${what} is refused, with the file and the field in the message`, async (t) => {
    try {
      parseResults(text, 'my.json');
      t.fail('accepted');
    } catch (error) {
      t.ok(error instanceof UserError);
      t.match((error as Error).message, message);
    }
  });
}

test('an older file’s curves get the loss that their attacks maximised, and no count of another loss’s zero gradients', async (t) => {
  const [curve] = exampleResults({ faZeros: 7 }).curves.filter(({ source }) => source === 'fa');
  const older = (attack: string, loss = 'cross-entropy') => ({ ...curve, attack, loss });
  const read = (...curves: ReturnType<typeof older>[]) =>
    parseResults(JSON.stringify({ ...exampleResults(), curves }), 'results.json').curves.map(({ loss, points }) => [
      loss,
      points[0].zeroGradient,
    ]);
  t.same(read(older('fab'), older('square'), older('spsa'), older('apgd-t')), Array(4).fill(['margin', null]));
  t.same(read(older('uniform-noise')), [[null, null]]);
  t.same(read(older('bim'), older('apgd-t', 'dlr'), older('fab', 'margin'), older('of-mine')), [
    ['cross-entropy', 7],
    ['dlr', 7],
    ['margin', 7],
    ['cross-entropy', 7],
  ]);
});
