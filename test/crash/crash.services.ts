import { test } from 'tap';
import { crashTest } from './crash.js';

test('runs that are killed and begun again end as one that never was', { timeout: 600_000 }, async (t) => {
  const seed = Date.now() % 2 ** 31;
  t.comment(`seed ${seed}`);
  const failures = await crashTest({ folder: t.testdir(), runs: 10, seed, log: (line) => t.comment(line) });
  t.same(failures, []);
});
