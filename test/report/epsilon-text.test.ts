import { test } from 'tap';
import { chooseEpsilons, epsilonsOf, in255ths } from '../../src/report/epsilon-text.js';
import { exampleResults } from '../helpers/results-example.js';

test('of eleven epsilons the summary shows the seven where something happens', async (t) => {
  const all = Array.from({ length: 11 }, (_, index) => index / 10);
  t.same(chooseEpsilons(all, 7), [0, 0.1, 0.2, 0.3, 0.5, 0.7, 1]);
});

test('a choice of epsilons holds zero, the smallest and the largest, and never one twice', async (t) => {
  for (let length = 2; length <= 40; length++) {
    const all = Array.from({ length }, (_, index) => index / 40);
    for (let count = 2; count <= 8; count++) {
      const chosen = chooseEpsilons(all, count);
      const name = `${count} of ${length}`;
      t.equal(chosen.length, Math.min(count, length), name);
      t.same(
        chosen,
        [...new Set(chosen)].sort((a, b) => a - b),
        name,
      );
      t.equal(chosen[0], 0, name);
      t.equal(chosen.at(-1), all.at(-1), name);
      if (count > 2) t.equal(chosen[1], all[1], name);
    }
  }
  t.same(chooseEpsilons([0.1, 0.2, 0.3, 0.4], 2), [0.1, 0.4], 'without zero');
});

test('epsilons of all curves come once each, in order', async (t) => {
  const [one, two] = [exampleResults({ epsilons: [0.3, 0.1] }), exampleResults({ epsilons: [0.2, 0.1] })];
  t.same(epsilonsOf([...one.curves, ...two.curves]), [0.1, 0.2, 0.3]);
});

test('epsilons are counted in 255ths only where all of them are a few', async (t) => {
  t.ok(in255ths([0, 1 / 255, 16 / 255]));
  t.notOk(in255ths([0, 0.2, 0.4]), '0.2 is 51/255, but nobody would write it so');
  t.notOk(in255ths([0, 1 / 255, 0.01]));
  t.notOk(in255ths([0]));
});
