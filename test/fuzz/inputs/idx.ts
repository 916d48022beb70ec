/** IDX files, plain and gzip, whose headers promise what is not there. */
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { changedBytes } from './bytes.js';

const extent = fc.oneof(
  fc.constantFrom(0, 1, 2, 3, 10, 27, 28, 29, 784, 10_000, 60_000),
  fc.constantFrom(2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 0x01000000, 0x1c000000, 1_000_000),
);

/** A header of any type, rank and dimensions, before the values of a real file. */
const otherHeader = (file: Uint8Array): fc.Arbitrary<Uint8Array> => {
  const rank = file[3];
  return fc
    .record({
      start: fc.oneof({ weight: 5, arbitrary: fc.constant([0, 0, 8]) }, fc.tuple(fc.nat(255), fc.nat(255), fc.nat(14))),
      rank: fc.oneof({ weight: 5, arbitrary: fc.constant(rank) }, fc.nat(255)),
      extents: fc.array(extent, { minLength: rank, maxLength: rank }),
      square: fc.boolean(),
    })
    .map(({ start, rank: said, extents, square }) => {
      const header = Buffer.alloc(4 + 4 * rank);
      header.set([...start, said]);
      extents.forEach((each, axis) => {
        header.writeUInt32BE(square && axis > 0 ? 28 : each, 4 + 4 * axis);
      });
      return new Uint8Array(Buffer.concat([header, file.subarray(header.length)]));
    });
};

/** IDX files like these, damaged. */
export const idxFiles = (...files: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> =>
  fc.oneof(changedBytes(...files), ...files.map(otherHeader));

const MEBIBYTE = 2 ** 20;
const zeros = gzipSync(new Uint8Array(8 * MEBIBYTE), { level: 9 });

/** A gzip file of `start` and then a gigabyte of zeros, in a megabyte: a gzip file may have any number of parts. */
export const bomb = (start: Uint8Array): Uint8Array =>
  new Uint8Array(Buffer.concat([gzipSync(start), ...new Array<Uint8Array>(128).fill(zeros)]));

/** Gzip files: whole ones of damaged IDX files, damaged ones of whole IDX files, and bombs. */
export const zippedIdxFiles = (...files: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> => {
  const promising = (images: number): Uint8Array => {
    const start = Buffer.alloc(16);
    start.set([0, 0, 8, 3]);
    [images, 28, 28].forEach((size, axis) => {
      start.writeUInt32BE(size, 4 + 4 * axis);
    });
    return bomb(start);
  };
  return fc.oneof(
    { weight: 10, arbitrary: idxFiles(...files).map((bytes) => new Uint8Array(gzipSync(bytes))) },
    { weight: 10, arbitrary: changedBytes(...files.map((bytes) => new Uint8Array(gzipSync(bytes)))) },
    { weight: 1, arbitrary: changedBytes(bomb(files[0])) },
    { weight: 1, arbitrary: fc.constantFrom(1_369_568, 1_300_000, 100_000, 2 ** 32 - 1).map(promising) },
  );
};
