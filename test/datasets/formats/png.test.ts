import { deflateSync } from 'node:zlib';
import { encode } from 'fast-png';
import { test } from 'tap';
import { openPng } from '../../../src/datasets/formats/png.js';
import { UserError } from '../../../src/errors.js';
import { pngOfLines } from './png-bytes.js';

const WIDTH = 5;
const noise = (length: number, factor: number) => Uint8Array.from({ length }, (_, i) => (i * factor) ^ (i >> 3));

async function pixelsOf(png: Uint8Array): Promise<number[]> {
  return [...(await openPng('the.png', Buffer.from(png)).decode()).data];
}

test('what a PNG library wrote is read, pixel by pixel', async (t) => {
  const data = noise(3 * WIDTH * 7, 37);
  t.same(await pixelsOf(encode({ width: WIDTH, height: 7, channels: 3, data })), [...data]);
});

/** What each filter makes of a byte, as the PNG specification writes it: x, a left, b above, c above the left one. */
const filters: readonly ((x: number, a: number, b: number, c: number) => number)[] = [
  (x) => x,
  (x, a) => x - a,
  (x, _, b) => x - b,
  (x, a, b) => x - Math.floor((a + b) / 2),
  (x, a, b, c) => {
    const p = a + b - c;
    const nearest = [a, b, c].reduce((best, each) => (Math.abs(p - each) < Math.abs(p - best) ? each : best));
    return x - nearest;
  },
];

test('each filter of a line is undone, in the first line too', async (t) => {
  const line = 3 * WIDTH;
  for (const first of [0, 1, 2, 3, 4]) {
    const pixels = noise(line * 6, 91);
    const kinds = [first, 0, 1, 2, 3, 4];
    const at = (row: number, i: number) => (row < 0 || i < 0 ? 0 : pixels[row * line + i]);
    const lines = kinds.map((kind, row) => [
      kind,
      ...Array.from({ length: line }, (_, i) =>
        filters[kind](at(row, i), at(row, i - 3), at(row - 1, i), at(row - 1, i - 3)),
      ),
    ]);
    t.same(await pixelsOf(pngOfLines({ width: WIDTH, height: 6 }, lines.flat())), [...pixels], `filter ${first} first`);
  }
});

const lines = (height: number) => new Array(height * (1 + 3 * WIDTH)).fill(0);

const mistakes: Record<string, { png: Uint8Array; message: RegExp }> = {
  'no PNG': {
    png: Buffer.from('<!DOCTYPE html>'),
    message: /expected a PNG \(first bytes 89504e470d0a1a0a\), found 3c21/,
  },
  'an empty file': { png: new Uint8Array(), message: /found none/ },
  'a line too few': {
    png: pngOfLines({ width: WIDTH, height: 3 }, lines(2)),
    message: /expected 48 bytes of pixels, found 32/,
  },
  'a line too many': {
    png: pngOfLines({ width: WIDTH, height: 1 }, lines(2)),
    message: /expected 16 bytes of pixels, found more/,
  },
  'an unknown filter': {
    png: pngOfLines({ width: WIDTH, height: 1 }, [5, ...lines(1).slice(1)]),
    message: /expected an intact PNG, found a damaged one \(.*filter.* 5/,
  },
  'a few bytes that unzip to very many': {
    png: pngOfLines({ width: WIDTH, height: 1 }, [], () => deflateSync(new Uint8Array(2 ** 27))),
    message: /expected 16 bytes of pixels, found more/,
  },
  'a file cut off': {
    png: pngOfLines({ width: WIDTH, height: 3 }, lines(3)).subarray(0, -6),
    message: /expected a whole PNG, found one that ends after/,
  },
  'a damaged byte': {
    png: pngOfLines({ width: WIDTH, height: 3 }, lines(3)).map((byte, at) => (at === 45 ? byte ^ 1 : byte)),
    message: /expected an intact PNG, found a damaged one \(incorrect data check/,
  },
  'pixels that are no zlib stream': {
    png: pngOfLines({ width: WIDTH, height: 3 }, lines(3), (bytes) => Buffer.from(bytes)),
    message: /expected an intact PNG, found a damaged one \(unknown compression method/,
  },
};

for (const [name, { png, message }] of Object.entries(mistakes)) {
  test(`${name}: the error names the file, what was expected and what was found`, async (t) => {
    const error = await pixelsOf(png).then(
      () => t.fail('no error'),
      (thrown: unknown) => thrown,
    );
    t.ok(error instanceof UserError, String(error));
    t.match((error as Error).message, message);
    t.ok((error as Error).message.startsWith('the.png: '));
  });
}
