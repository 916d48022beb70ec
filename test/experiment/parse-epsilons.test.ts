import { test } from 'tap';
import { UserError } from '../../src/errors.js';
import { parseEpsilons } from '../../src/experiment/parse-epsilons.js';

test('a range has both its ends and no rounding noise', async (t) => {
  t.same(parseEpsilons('0:1:0.1'), [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]);
  t.same(parseEpsilons('0:0.25:0.1'), [0, 0.1, 0.2]);
});

test('lists, fractions and ranges may be mixed; the result is sorted, each once', async (t) => {
  t.same(parseEpsilons('0.3, 0,8/255,0.3'), [0, 8 / 255, 0.3]);
  t.same(parseEpsilons('5e-2,.1,1'), [0.05, 0.1, 1]);
  t.same(
    parseEpsilons('0,1/255,2/255,4/255,8/255,16/255'),
    [0, 1, 2, 4, 8, 16].map((n) => n / 255),
  );
  t.same(parseEpsilons('0:2/255:1/255,1'), [0, 0.003921568627, 0.007843137255, 1]);
});

test('what cannot be read is refused, with the part and what is accepted', async (t) => {
  for (const text of [
    '',
    'a',
    '0,,1',
    '1:0:0.1',
    '0:1',
    '0:1:0',
    '0:1:-1',
    '1/0',
    '1/2/3',
    'NaN',
    '0:1:0.1:2',
    '8/',
    '/8',
    '8/x',
    '0x1',
    '-0',
    '-0.1',
    '+0.1',
    '1e-400x',
    'Infinity',
    '0.',
    '8 / 255',
    '0:Infinity:1',
    '0,1/1e400',
    '0:1:0x1',
  ]) {
    // biome-ignore format: one line
    t.throws(() => parseEpsilons(text), UserError, `"${text}"`);
  }
  t.throws(() => parseEpsilons('0,x'), /"x" can't be read; accepted are numbers from 0 to 1/);
  t.throws(() => parseEpsilons('0,1.5'), /1\.5 is outside \[0, 1\]/);
  t.throws(() => parseEpsilons('0:1:0.00001'), /0:1:0\.00001 has more than 1000 steps/);
  t.throws(() => parseEpsilons('0:1:1e-323'), /has more than 1000 steps/);
  t.throws(
    () => parseEpsilons(new Array(20).fill('0:1:0.001').join()),
    /: 20020 values are too many; 10000 are the most/,
  );
  t.equal(parseEpsilons('0:1:0.001').length, 1001);
});
