import fc from 'fast-check';
import { test } from 'tap';
import { paragraphs, textTable, wrap } from '../../src/report/text.js';
import { assert, forAll } from '../helpers/cases.js';

const head = ['Layer', 'Kind of layer', 'Angle'];
const rows = [
  ['a', 'a convolution of many words', '1.5'],
  ['a', 'b', '20'],
  ['c', 'd', '3'],
];
const widest = (text: string) => Math.max(...text.split('\n').map((line) => line.length));

test('a table aligns its first columns left and its numbers right', async (t) => {
  const lines = textTable(['Layer', 'Kind', 'Angle'], [['a', 'b', '1.5']], 2).split('\n');
  t.equal(lines[1], '│ Layer │ Kind │ Angle │');
  t.equal(lines[3], '│ a     │ b    │   1.5 │');
});

test('a first cell like the one above it is left blank', async (t) => {
  const firsts = textTable(head, rows, 2)
    .split('\n')
    .filter((line) => line.startsWith('│'));
  t.same(
    firsts.map((line) => line.split('│')[1].trim()),
    ['Layer', 'a', '', 'c'],
  );
});

test('where it would be too wide, the widest cells are broken between words', async (t) => {
  t.equal(widest(textTable(head, rows, 2)), 47);
  t.equal(textTable(head, rows, 2, 47), textTable(head, rows, 2), 'not where it fits');
  t.same(textTable(head, rows, 2, 36).split('\n').slice(3, 5), [
    '│ a     │ a convolution of │   1.5 │',
    '│       │ many words       │       │',
  ]);
});

test('a cell may have lines of its own', async (t) => {
  const table = textTable(['Class', 'BP\nlogit'], [['one of ten', '1.5']], 1);
  t.equal(widest(table), 22);
  t.equal(textTable(['Class', 'BP\nlogit'], [['one of ten', '1.5']], 1, 22), table);
  t.match(textTable(['Class', 'BP\nlogit'], [['one of ten', '1.5']], 1, 18), /│ one of │ {3}1\.5 │\n│ ten {4}│ {7}│/);
  t.equal(textTable(['Class', 'BP\nlogit'], [['one', '1.5']], 1, 10), 'Class: one\nBP logit:\n1.5');
});

test('where no table fits, each row has lines of its own, with every cell', async (t) => {
  t.equal(
    textTable(['Layer', 'Kind of layer', ''], [['a', 'a convolution', 'ok'], ['a', 'b', '–']], 2, 20), // biome-ignore format: rows
    'Layer: a\nKind of layer: a\nconvolution\nok\n\nLayer: a\nKind of layer: b\n–',
  );
});

test('no table and no sentence is wider than the terminal, but for a longer word; every word is there', async (t) => {
  const word = fc.stringMatching(/^[a-z]{1,9}$/);
  const sentence = fc.array(word, { minLength: 1, maxLength: 8 }).map((words) => words.join(' '));
  const table = fc.integer({ min: 1, max: 5 }).chain((columns) => {
    const row = fc.array(sentence, { minLength: columns, maxLength: columns });
    return fc.record({ head: row, rows: fc.array(row, { minLength: 1, maxLength: 4 }), width: fc.nat(120) });
  });
  forAll(200, table, ({ head, rows, width }) => {
    const words = (texts: readonly string[]) => texts.flatMap((text) => text.match(/[a-z]+/g) ?? []);
    const shown = textTable(head, rows, 1, width);
    assert(widest(shown) <= Math.max(width, 10), `${widest(shown)} columns of ${width}`); // nine letters and a colon
    const [all, there] = [words(rows.flat()), words([shown])];
    assert(
      all.every((each) => there.includes(each)),
      'a word is lost',
    );
    const text = paragraphs([head.join(' '), rows.flat().join(' ')], width);
    assert(widest(text) <= Math.max(width, 9), `${widest(text)} columns of ${width}`);
    assert(words([text]).length === words([...head, ...rows.flat()]).length, 'a word is lost');
  });
  t.equal(wrap('one two', 0), 'one\ntwo');
});
