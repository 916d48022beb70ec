import { test } from 'tap';
import { decimalNumber, epsilonText, epsilonTexts, roughDuration, short, wholeNumber } from '../src/words.js';

/** What JavaScript's `Number` takes for a number, or rounds, and no help names. */
const foreign = ['', ' ', ' 5 ', '5\n', '0x10', '0b1', '0o7', 'Infinity', '-Infinity', 'NaN', '-0', '-1', '+1', '1_000', '1,5', '5.', '.', 'e5', '1e', '1e+', '1.e3', '٣', '5n', '1e400', '--1', '1 000']; // biome-ignore format: one line

test('a number is read in the forms that the help names, and in no other', (t) => {
  for (const [text, value] of [
    ['10', 10],
    ['0', 0],
    ['007', 7],
    ['0.05', 0.05],
    ['.05', 0.05],
    ['5e-2', 0.05],
    ['1E3', 1000],
    ['2.5e+1', 25],
  ] as const) {
    // biome-ignore format: one line
    t.equal(decimalNumber(text), value, text);
  }
  for (const text of foreign) t.equal(decimalNumber(text), undefined, JSON.stringify(text));
  t.end();
});

test('a whole number is digits alone, and none that a number could not hold', (t) => {
  for (const [text, value] of [
    ['10', 10],
    ['0', 0],
    ['007', 7],
    ['9007199254740991', 2 ** 53 - 1],
  ] as const) {
    t.equal(wholeNumber(text), value, text);
  }
  for (const text of [...foreign, '1.0', '1e3', '5e-2', '9007199254740992', '99999999999999999999']) {
    t.equal(wholeNumber(text), undefined, JSON.stringify(text));
  }
  t.end();
});

test('numbers in four digits, small and large ones by their power of ten', async (t) => {
  t.same([0, -0, 0.03127456, -12345.6, 1.5234e-9, 123456789].map(short), [
    '0',
    '0',
    '0.03127',
    '-12350',
    '1.52e-9',
    '1.23e+8',
  ]);
});

test('a time that is not known so well is told in a few digits', (t) => {
  for (const [seconds, text] of [
    [0.2, '1 s'],
    [12.4, '12 s'],
    [47, '50 s'],
    [58, '1 min'],
    [83, '1 min 20 s'],
    [299, '5 min'],
    [734, '12 min'],
    [3590, '1 h'],
    [9650, '2 h 40 min'],
    [36_100, '10 h'],
  ] as const) {
    t.equal(roughDuration(seconds), text);
  }
  t.end();
});

test('an epsilon is written as people do: by itself in 255ths where that is shortest', async (t) => {
  const texts = {
    '8/255': 8 / 255,
    '0.2': 51 / 255,
    '0.3': 0.1 + 0.2,
    '0.00784': 0.00784,
    '127/255': 127 / 255,
    '0': 0,
    '1': 1,
  };
  for (const [text, epsilon] of Object.entries(texts)) t.equal(epsilonText(epsilon), text);
});

test('epsilons that are not equal never read alike, and have no more digits than that takes', (t) => {
  const texts = (...epsilons: number[]) => epsilons.map(epsilonTexts(epsilons));
  t.same(texts(0.1, 0.1000001, 0.10000012), ['0.1', '0.1000001', '0.10000012'], 'once "0.1 | 0.1 | 0.1"');
  t.same(texts(0, 0.1, 8 / 255, 0.123456), ['0', '0.1', '8/255', '0.123'], 'as ever, where none is like another');
  t.same(texts(0.1, 0.3, 0.1), ['0.1', '0.3', '0.1'], 'the same epsilon twice is one');
  const alike = texts(8 / 255, 8 / 255 + 1e-9, 0.1, 0.1 + Number.EPSILON);
  t.equal(new Set(alike).size, 4, alike.join(' | '));
  t.end();
});
