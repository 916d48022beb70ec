import { test } from 'tap';
import { crossEntropy } from '../../src/losses/cross-entropy.js';
import { margin } from '../../src/losses/margin.js';
import { largestDifference, normals } from '../helpers/arrays.js';
import { evaluate, numericGradient } from './finite-differences.js';

test('the margin is the strongest other logit less that of the true class', (t) => {
  const { losses, dlogits } = evaluate(margin, [[3, 1, 2], [3, 1, 2], [-1, 5, 5]], [0, 1, 2]); // biome-ignore format: rows
  t.same([...losses], [-1, 2, 0]);
  t.same([...dlogits], [-1, 0, 1, 1, -1, 0, 0, 1, -1]);
  t.end();
});

test('on a tie among the others, the first one is the rival', (t) => {
  t.same([...evaluate(margin, [[4, 7, 4, 4]], [1]).dlogits], [1, -1, 0, 0]);
  t.same([...evaluate(margin, [[7, 4, 4, 4]], [0]).dlogits], [-1, 1, 0, 0]);
  t.end();
});

test("the margin's gradient agrees with finite differences, whatever the label", (t) => {
  for (let seed = 1; seed <= 20; seed++) {
    const row = [...normals(10, seed)];
    const label = seed % 10;
    const { dlogits } = evaluate(margin, [row], [label]);
    t.ok(largestDifference(dlogits, numericGradient(margin, row, label)) < 1e-8, `seed ${seed}`);
  }
  t.end();
});

test('the margin has a gradient where the saturated softmax has lost its own', (t) => {
  const logits = new Float32Array([900, 100, 300]);
  const [losses, dlogits] = [new Float64Array(1), new Float32Array(3)];
  crossEntropy.evaluate(logits, new Uint8Array([0]), 1, 3, losses, dlogits);
  t.same([...dlogits].map(Math.abs), [0, 0, 0], 'cross-entropy: exactly zero in float32');
  margin.evaluate(logits, new Uint8Array([0]), 1, 3, losses, dlogits);
  t.same([...dlogits], [-1, 0, 1]);
  t.equal(losses[0], -600);
  t.end();
});

test('with two classes the rival is the other one', (t) => {
  const { losses, dlogits } = evaluate(margin, [[2, 5], [2, 5]], [0, 1]); // biome-ignore format: rows
  t.same([...losses], [3, -3]);
  t.same([...dlogits], [-1, 1, 1, -1]);
  t.end();
});
