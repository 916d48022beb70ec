import { test } from 'tap';
import { textTable } from '../../src/report/text.js';

test('a table aligns its first columns left and its numbers right', async (t) => {
  const rows = textTable(['Layer', 'Kind', 'Angle'], [['a', 'b', '1.5']], 2).split('\n');
  t.equal(rows[1], '│ Layer │ Kind │ Angle │');
  t.equal(rows[3], '│ a     │ b    │   1.5 │');
});
