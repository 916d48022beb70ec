import { test } from 'tap';
import { trialPieces } from '../../src/experiment/audit-pieces.js';

const trials = [{ images: Uint32Array.of(4, 7, 9) }, { images: Uint32Array.of(1) }];
const format = trialPieces(trials);
const piece = (trial: number, first: number, predictions: number[], queries = predictions) => ({
  ...{ trial, first, notFinite: 0 },
  predictions: Uint8Array.from(predictions),
  queries: Int32Array.from(queries),
});

test('what became of trials is read as it was written', (t) => {
  const pieces = [piece(1, 0, [9], [2 ** 31 - 1]), piece(0, 0, [1, 255], [-1, 0]), piece(0, 2, [3])];
  t.same(format.parse(format.format(pieces), 'x.json'), pieces);
  t.end();
});

test('predictions of more than 256 classes are read as they were written', (t) => {
  const wide = (trial: number, predictions: number[]) => ({
    ...piece(trial, 0, predictions),
    predictions: Uint16Array.from(predictions),
  });
  const pieces = [wide(1, [65_535]), wide(0, [1, 255, 256])];
  t.same(format.parse(format.format(pieces), 'x.json'), pieces);
  t.end();
});

test('what is not of just these trials is refused: too few, twice, beyond them, or of another length', (t) => {
  for (const pieces of [
    [piece(0, 0, [1, 2, 3])],
    [piece(0, 0, [1, 2, 3]), piece(1, 0, [1]), piece(0, 1, [1])],
    [piece(0, 0, [1, 2, 3]), piece(1, 0, [1, 2])],
    [piece(0, 0, [1, 2, 3], [1]), piece(1, 0, [1])],
    [piece(0, 0, [1, 2, 3]), piece(2, 0, [1])],
    [piece(0, 0, [1, 2, 3]), { ...piece(1, 0, [1]), notFinite: 2 }],
  ]) {
    t.throws(() => format.parse(format.format(pieces), 'x.json'), {
      name: 'UserError',
      message: /^x\.json is not the part/,
    });
  }
  t.throws(() => format.parse('{"schema":1,"pieces":[{}]}', 'x.json'), {
    name: 'UserError',
    message: /x\.json is no part/,
  });
  t.end();
});
