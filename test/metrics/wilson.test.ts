import { test } from 'tap';
import { wilson } from '../../src/metrics/wilson.js';

const percents = (correct: number, total: number) => wilson(correct, total).map((share) => (100 * share).toFixed(1));

test('128 of 1,000 are 10.9 to 15.0 %; none and all of 1,000 leave 0.4 points open', async (t) => {
  t.same(percents(128, 1000), ['10.9', '15.0']);
  t.same(percents(0, 1000), ['0.0', '0.4']);
  t.same(percents(1000, 1000), ['99.6', '100.0']);
  // n = 1, correct = 0: the upper end is z² / (1 + z²) = 3.8415 / 4.8415
  t.same(percents(0, 1), ['0.0', '79.3']);
});

test('it holds the share itself, lies in [0, 1], is the mirror image of the other share’s, and narrows with the total', async (t) => {
  for (const total of [1, 2, 10, 1000, 10_000]) {
    for (let correct = 0; correct <= total; correct += Math.ceil(total / 10)) {
      const [low, high] = wilson(correct, total);
      t.ok(0 <= low && low <= correct / total && correct / total <= high && high <= 1);
      const [otherLow, otherHigh] = wilson(total - correct, total);
      t.ok(Math.abs(low + otherHigh - 1) < 1e-12 && Math.abs(high + otherLow - 1) < 1e-12);
    }
  }
  const width = (total: number) => wilson(total / 4, total)[1] - wilson(total / 4, total)[0];
  t.ok(width(1000) > 3 * width(10_000) && width(1000) < 3.2 * width(10_000), 'as 1 / √n');
});

test('what is no share is refused', async (t) => {
  for (const [correct, total] of [
    [2, 1],
    [-1, 5],
    [0, 0],
    [0.5, 2],
    [Number.NaN, 2],
  ]) {
    t.throws(() => wilson(correct, total), RangeError);
  }
});
