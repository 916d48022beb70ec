import { test } from 'tap';
import { UserError } from '../../src/errors.js';
import { parseEpsilons } from '../../src/experiment/parse-epsilons.js';

test('a range has both its ends and no rounding noise', async (t) => {
  t.same(parseEpsilons('0:1:0.1'), [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]);
  t.same(parseEpsilons('0:0.25:0.1'), [0, 0.1, 0.2]);
});

test('lists, fractions and ranges may be mixed; the result is sorted, each once', async (t) => {
  t.same(parseEpsilons('0.3, 0,8/255,0.3'), [0, 8 / 255, 0.3]);
  t.same(
    parseEpsilons('0,1/255,2/255,4/255,8/255,16/255'),
    [0, 1, 2, 4, 8, 16].map((n) => n / 255),
  );
  t.same(parseEpsilons('0:2/255:1/255,1'), [0, 0.003921568627, 0.007843137255, 1]);
});

test('what cannot be read is refused, with the part and what is accepted', async (t) => {
  for (const text of ['', 'a', '0,,1', '1:0:0.1', '0:1', '0:1:0', '0:1:-1', '1/0', '1/2/3', 'NaN', '0:1:0.1:2']) {
    t.throws(() => parseEpsilons(text), UserError, `"${text}"`);
  }
  t.throws(() => parseEpsilons('0,x'), /"x" can't be read; accepted are numbers from 0 to 1/);
  t.throws(() => parseEpsilons('0,1.5'), /1\.5 is outside \[0, 1\]/);
  t.throws(() => parseEpsilons('0:1:0.00001'), /100001 values; 1000 are the most/);
});
