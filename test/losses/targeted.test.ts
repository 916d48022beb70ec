import { test } from 'tap';
import { ShapeError } from '../../src/errors.js';
import { losses } from '../../src/losses/index.js';
import type { Loss, TargetedLoss } from '../../src/losses/loss.js';
import { targetedDlr } from '../../src/losses/targeted-dlr.js';
import { targetedMargin } from '../../src/losses/targeted-margin.js';
import { largestDifference, normals } from '../helpers/arrays.js';
import { evaluate, numericGradient } from './finite-differences.js';

/** A targeted loss towards these classes, as a loss. */
const towards = (targeted: TargetedLoss, targets: readonly number[]): Loss => ({
  title: targeted.title,
  evaluate: (logits, labels, n, ...rest) => targeted.evaluate(logits, labels, Uint8Array.from(targets), n, ...rest),
});
const rows = [[10, 7, 5, 1, 0], [10, 7, 5, 1, 0], [10, 7, 5, 1, 0]]; // biome-ignore format: rows

test('the targeted margin is the target’s lead over the true class', (t) => {
  const made = evaluate(towards(targetedMargin, [1, 4, 0]), rows, [0, 0, 3]);
  t.same([...made.losses], [-3, -10, 9]);
  t.same([...made.dlogits], [-1, 1, 0, 0, 0, -1, 0, 0, 0, 1, 1, 0, 0, -1, 0]);
  t.end();
});

test('the targeted dlr is that over the largest logit’s distance from the mean of the third and fourth', (t) => {
  const made = evaluate(towards(targetedDlr, [1, 4, 0]), rows, [0, 0, 3]);
  t.ok(largestDifference(made.losses, [-3 / 7, -10 / 7, 9 / 7]) < 1e-11);
  t.end();
});

for (const [name, targeted] of Object.entries({ targetedMargin, targetedDlr })) {
  test(`${name}'s gradient agrees with finite differences, whichever classes are meant`, (t) => {
    for (let seed = 1; seed <= 40; seed++) {
      const row = [...normals(6, seed)];
      const [label, target] = [seed % 6, (seed + 1 + (seed % 5)) % 6];
      const loss = towards(targeted, [target]);
      const numeric = numericGradient(loss, row, label);
      const size = Math.max(1, ...numeric.map(Math.abs));
      t.ok(largestDifference(evaluate(loss, [row], [label]).dlogits, numeric) < 1e-6 * size, `seed ${seed}`);
    }
    t.end();
  });
}

test('what a loss’s targeted form is stands in its own row; it says how many classes it needs', (t) => {
  t.same(
    Object.values<Loss>(losses).map(({ targeted }) => targeted),
    [undefined, targetedMargin, targetedDlr],
  );
  t.same([targetedMargin.leastClasses, targetedDlr.leastClasses], [2, 4]);
  t.throws(() => evaluate(towards(targetedDlr, [1]), [[1, 2, 3]], [0]), new ShapeError('targeted dlr: there are 3 classes; at least 4 are expected')); // biome-ignore format: one line
  t.end();
});

test('four equal logits leave the targeted dlr finite', (t) => {
  const { losses: values, dlogits } = evaluate(towards(targetedDlr, [2]), [[2, 2, 2, 2]], [0]);
  t.equal(values[0], 0);
  t.ok(dlogits.every(Number.isFinite));
  t.end();
});
