import { test } from 'tap';
import { ShapeError } from '../../src/errors.js';
import { dlr } from '../../src/losses/dlr.js';
import { losses as table } from '../../src/losses/index.js';
import { largestDifference, normals } from '../helpers/arrays.js';
import { evaluate, numericGradient } from './finite-differences.js';

test('dlr is the margin over the distance of the largest logit from the third', (t) => {
  const rows = [[10, 7, 5, 1], [10, 7, 5, 1], [10, 7, 5, 1]]; // biome-ignore format: rows
  const { losses } = evaluate(dlr, rows, [0, 1, 3]);
  t.ok(largestDifference(losses, [-3 / 5, 3 / 5, 9 / 5]) < 1e-11);
  t.end();
});

test("dlr's gradient agrees with finite differences, whether or not the image is classified correctly", (t) => {
  let [right, wrong] = [0, 0];
  for (let seed = 1; seed <= 40; seed++) {
    const row = [...normals(10, seed)];
    const label = seed % 10;
    const { losses, dlogits } = evaluate(dlr, [row], [label]);
    losses[0] < 0 ? right++ : wrong++;
    const numeric = numericGradient(dlr, row, label);
    const size = Math.max(0.01, ...numeric.map(Math.abs)); // 0 where the true class is third: J = 1 whatever it is
    t.ok(largestDifference(dlogits, numeric) < 1e-6 * size, `seed ${seed}`);
  }
  t.ok(right >= 2 && wrong >= 2, 'both cases were met');
  t.end();
});

test('neither the scale nor the offset of the logits changes dlr', (t) => {
  const row = [...normals(10, 3)];
  const plain = evaluate(dlr, [row], [4]).losses[0];
  const moved = evaluate(dlr, [row.map((z) => 1000 * z - 77)], [4]).losses[0];
  t.ok(Math.abs(moved - plain) < 1e-9 * Math.abs(plain));
  t.end();
});

test('dlr stays finite where the three largest logits are equal', (t) => {
  const { losses, dlogits } = evaluate(dlr, [[2, 2, 2, 1], [2, 2, 2, 1]], [0, 3]); // biome-ignore format: rows
  t.equal(losses[0], 0);
  t.ok([...losses, ...dlogits].every(Number.isFinite));
  t.end();
});

test('dlr refuses fewer than three classes', (t) => {
  t.throws(() => evaluate(dlr, [[1, 2]], [0]), new ShapeError('dlr: there are 2 classes; at least 3 are expected'));
  t.end();
});

test('the table knows the losses by the names that the command line uses', (t) => {
  t.same(Object.keys(table), ['cross-entropy', 'margin', 'dlr']);
  t.end();
});
