import { test } from 'tap';
import { configFrom } from '../../src/commands/options.js';
import type { Progress } from '../../src/experiment/progress.js';
import { onBoard } from '../../src/sweep/board.js';
import type { PlannedRun } from '../../src/sweep/plan.js';

const config = configFrom('mnist', { quick: true }, 'simd');
const runs: PlannedRun[] = ['a', 'b', 'c', 'd'].map((name) => ({ name, audit: 'none', config }));

test('many runs are one piece of work: running, done, failed, to do', async (t) => {
  const titles: (string | undefined)[] = [];
  const shares: number[] = [];
  const lines: string[] = [];
  const progress: Progress = {
    log: (line) => lines.push(line),
    async during(title, total, _done, work) {
      titles.push(title);
      return work((done, now) => {
        shares.push(done / total);
        titles.push(now);
      });
    },
  };
  const ends = await onBoard(runs, 2, progress, async (board) => {
    board.started('a');
    board.started('b');
    board.moved('a', 0.5);
    board.ended('b', 'it diverged');
    board.moved('b', 0.9); // too late
    board.waits('a');
    board.started('a');
    board.ended('a');
  });
  t.same(ends, [
    { name: 'a', failure: undefined },
    { name: 'b', failure: 'it diverged' },
  ]);
  t.equal(titles[0], '0 running, 2 done, 4 to do');
  t.ok(titles.includes('2 running, 2 done, 2 to do'));
  t.ok(titles.includes('1 running, 2 done, 1 failed, 2 to do'));
  t.equal(titles.at(-1), '0 running, 3 done, 1 failed, 2 to do');
  t.ok(Math.abs((shares.at(-1) as number) - 0.5) < 1e-9, 'two of four are at an end');
  t.ok(Math.max(...shares) <= 1);
  t.same(lines, ['b: failed. it diverged', 'a: done']);
});
