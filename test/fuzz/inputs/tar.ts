/** Gzipped tar archives: damaged ones, and whole ones that hold what they should not. */
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { changedBytes } from './bytes.js';
import { bomb } from './idx.js';
import { letters } from './text.js';

const BLOCK = 512;

/** Fields of a header: name, mode, size, time, type and what a link leads to. */
const fields = [
  { offset: 0, length: 100 },
  { offset: 100, length: 8 },
  { offset: 124, length: 12 },
  { offset: 136, length: 12 },
  { offset: 156, length: 1 },
  { offset: 157, length: 100 },
];

const texts = fc.constantFrom(
  ...[
    '',
    '/',
    '../x',
    '/etc/x',
    'package',
    'package/',
    'package/../../x',
    'package/test_batch.bin',
    'a/b/c',
    'x'.repeat(100),
  ],
  ...[
    '0',
    '7',
    '777777',
    '77777777777',
    '-1',
    '9',
    'xgLKqX',
    '\x80\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff',
    '\xff'.repeat(12),
  ],
);
const types = fc.constantFrom(...'01234567gxLKDNSMVX', '\0', '\xff');

/** Where each header of the archive is. */
function headersOf(tar: Uint8Array): number[] {
  const bytes = Buffer.from(tar);
  const found: number[] = [];
  for (let at = 0; at + BLOCK <= bytes.length && bytes[at] !== 0; ) {
    found.push(at);
    const size = Number.parseInt(bytes.toString('latin1', at + 124, at + 135), 8) || 0;
    at += BLOCK * (1 + Math.ceil(size / BLOCK));
  }
  return found;
}

/** The header's checksum: the sum of its bytes, the checksum's own counted as spaces. */
function seal(tar: Uint8Array, at: number): void {
  tar.fill(0x20, at + 148, at + 156);
  const sum = tar.subarray(at, at + BLOCK).reduce((total, byte) => total + byte, 0);
  tar.set(Buffer.from(`${sum.toString(8).padStart(6, '0')}\0 `, 'latin1'), at + 148);
}

const changedHeaders = (tar: Uint8Array): fc.Arbitrary<Uint8Array> => {
  const headers = headersOf(tar);
  const change = fc.record({
    header: fc.constantFrom(...headers),
    field: fc.constantFrom(...fields),
    text: fc.oneof(texts, types, letters(0x7f, 12)),
  });
  return fc.array(change, { minLength: 1, maxLength: 3 }).map((list) => {
    const copy = Uint8Array.from(tar);
    for (const { header, field, text } of list) {
      const { offset, length } = field;
      copy.fill(0, header + offset, header + offset + length);
      copy.set(Buffer.from(text, 'latin1').subarray(0, length), header + offset);
      seal(copy, header);
    }
    return copy;
  });
};

/** Gzipped archives like these, damaged. */
export const tarFiles = (...archives: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> => {
  const zip = (bytes: Uint8Array) => new Uint8Array(gzipSync(bytes, { level: 1 }));
  return fc.oneof(
    { weight: 10, arbitrary: fc.oneof(...archives.map(changedHeaders)).map(zip) },
    { weight: 10, arbitrary: changedBytes(...archives).map(zip) },
    { weight: 10, arbitrary: changedBytes(...archives.map(zip)) },
    { weight: 1, arbitrary: changedBytes(bomb(archives[0])) },
    { weight: 1, arbitrary: changedBytes(...archives) },
  );
};
