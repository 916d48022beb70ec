import { test } from 'tap';
import { axesFrom, axesIn, configsFrom } from '../../src/commands/axes.js';
import { parseSeeds } from '../../src/commands/seeds.js';

const expand = (names: string, options: Parameters<typeof axesFrom>[1]) =>
  configsFrom(axesFrom(names, options), 'simd');

test('seeds are numbers and ranges, each once, ascending', (t) => {
  t.same(parseSeeds('1..5'), [1, 2, 3, 4, 5]);
  t.same(parseSeeds('7, 1..2,2'), [1, 2, 7]);
  for (const bad of ['', '1..', '3..1', '1..2..3', 'x', '-1', '1,,2']) {
    t.throws(() => parseSeeds(bad), { name: 'UserError', message: /--seeds/ }, bad);
  }
  t.throws(() => parseSeeds('1..1000000000'), /10000 runs are the most/);
  t.end();
});

test('every combination of data sets, values and seeds is a configuration', (t) => {
  const configs = expand('mnist,cifar10', { seeds: '1,2', preset: 'paper,tuned', lr: '0.01,0.02' });
  t.equal(configs.length, 16);
  t.same(
    configs
      .slice(0, 4)
      .map(({ dataset, preset, seed, training }) => [dataset, preset, seed, training.bp?.learningRate]),
    [
      ['mnist', 'paper', 1, 0.01],
      ['mnist', 'paper', 2, 0.01],
      ['mnist', 'paper', 1, 0.02],
      ['mnist', 'paper', 2, 0.02],
    ],
    'the seeds run fastest',
  );
  t.end();
});

test('lists and values by rule have their own commas: semicolons make axes of them', (t) => {
  t.equal(expand('mnist', { rules: 'bp,fa', attacks: 'fgsm,bim', epsilons: '0,0.3' }).length, 1);
  const rules = expand('mnist', { rules: 'bp;bp,fa' });
  t.same(
    rules.map(({ training }) => Object.keys(training)),
    [['bp'], ['bp', 'fa']],
  );
  const rates = expand('mnist', { lr: 'bp=0.1,fa=0.2;bp=0.3' });
  t.same(
    rates.map(({ training }) => training.bp?.learningRate),
    [0.1, 0.3],
  );
  t.end();
});

test('what is not known or not acceptable is told by its name', (t) => {
  t.throws(() => expand('mnits', {}), { name: 'UserError', message: /data set "mnits" is not known/ });
  t.throws(() => expand('mnist', { lr: '0.1,,0.2' }), { name: 'UserError', message: /--lr "0\.1,,0\.2"/ });
  t.throws(() => expand('mnist,cifar10', { preset: 'wide' }), /--preset "wide" is not known for mnist/);
  t.throws(() => expand('mnist', { seeds: '1..9999', lr: '1,2' }), /19998 runs; 10000 are the most/);
  t.end();
});

test('a plan is axes by the options’ names, or a list of such', (t) => {
  const [one, two] = axesIn(
    [
      { datasets: ['mnist', 'cifar10'], seeds: '1..2', 'train-size': [500, 1000], quick: true },
      { datasets: 'mnist', seeds: [3], augment: [true, false], audit: false },
    ],
    'plan.json',
  );
  t.equal(one.audit, 'quick');
  t.equal(configsFrom(one, 'simd').length, 8);
  t.equal(two.audit, 'none');
  t.same(
    configsFrom(two, 'simd').map(({ seed, training }) => [seed, training.bp?.augment]),
    [
      [3, true],
      [3, false],
    ],
  );
  t.end();
});

test('a plan with a field, a kind of value or a data set that is not known is refused', (t) => {
  for (const [plan, message] of [
    [{ seeds: 1 }, /datasets/],
    [{ datasets: 'mnist', epoch: 1 }, /epoch/],
    [{ datasets: 'mnist', quick: 'yes' }, /quick is "yes": true or false is expected/],
    [{ datasets: 'mnist', lr: true }, /lr is true: text or a number is expected/],
    [{ datasets: 'mnist', lr: [] }, /lr/],
    [[], /plan/],
    ['mnist', /plan/],
    [null, /plan/],
    [[{ datasets: 'mnist' }, { datasets: 3 }], /its part 2/],
  ] as const) {
    t.throws(() => axesIn(plan, 'plan.json'), { name: 'UserError', message }, JSON.stringify(plan));
  }
  t.end();
});
