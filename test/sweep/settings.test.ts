import { test } from 'tap';
import { configFrom } from '../../src/commands/options.js';
import { distinctions } from '../../src/sweep/settings.js';

const config = (options: Parameters<typeof configFrom>[1]) => configFrom('mnist', options, 'simd');

test('what differs is told by the names that a person gave', (t) => {
  t.same(distinctions([config({ seed: '1' }), config({ seed: '2' })]), ['', ''], 'the seed is not');
  t.same(distinctions([config({ lr: '0.001' }), config({ lr: '0.002' })]), ['lr 0.001', 'lr 0.002']);
  t.same(distinctions([config({ lr: 'bp=0.1,fa=0.2' }), config({ lr: '0.2' })]), ['lr bp=0.1 fa=0.2', 'lr 0.2']);
  t.same(distinctions([config({ rules: 'bp' }), config({ rules: 'bp,fa' })]), ['rules bp', 'rules bp+fa']);
  t.same(distinctions([config({ epsilons: '0,0.3' }), config({ epsilons: '0' })]), ['epsilons 0+0.3', 'epsilons 0']);
  t.end();
});

test('a preset stands for all that it decides', (t) => {
  t.same(distinctions([config({ preset: 'paper' }), config({ preset: 'tuned' })]), ['paper', 'tuned']);
  const rates = ['0.1', '0.2'].map((lr) => config({ preset: 'tuned', lr }));
  t.same(distinctions([config({ preset: 'paper' }), ...rates]), ['paper', 'tuned, lr 0.1', 'tuned, lr 0.2']);
  t.end();
});
