import { test } from 'tap';
import { spread } from '../../src/metrics/spread.js';

test('mean, sample standard deviation and ends', (t) => {
  t.same(spread([2, 4, 4, 4, 5, 5, 7, 9]), {
    count: 8,
    mean: 5,
    deviation: Math.sqrt(32 / 7),
    lowest: 2,
    highest: 9,
  });
  t.end();
});

test('one value has no deviation; equal ones have none but 0, whatever rounding does', (t) => {
  t.same(spread([0.1]), { count: 1, mean: 0.1, deviation: null, lowest: 0.1, highest: 0.1 });
  t.same(spread([0.1, 0.1, 0.1]), { count: 3, mean: 0.1, deviation: 0, lowest: 0.1, highest: 0.1 });
  t.end();
});

test('no values, and values that are no numbers, are errors', (t) => {
  t.throws(() => spread([]), { name: 'RangeError' });
  t.throws(() => spread([1, Number.NaN]), { name: 'RangeError', message: /values\[1\] is NaN/ });
  t.end();
});
