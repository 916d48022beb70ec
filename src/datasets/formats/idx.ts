/**
 * IDX, the file format of MNIST (http://yann.lecun.com/exdb/mnist, "file formats"): two zero bytes, a type byte,
 * the number of dimensions, each dimension as a big-endian 32-bit number, then the values in row-major order.
 */
import { createHash } from 'node:crypto';
import { fileError, openContents, reading, sharedBytes } from './files.js';

/** An IDX file of unsigned bytes. */
export interface IdxFile {
  readonly dimensions: readonly number[];
  /** The values in row-major order, over a SharedArrayBuffer of just that size. */
  readonly data: Uint8Array;
  /** SHA-256 (hexadecimal) of the whole file, of the unzipped bytes where it is zipped. */
  readonly sha256: string;
}

/** What each dimension must be: a size, or `any` for one or more. */
export type ExpectedDimensions = readonly (number | 'any')[];

const TYPE_NAMES: Readonly<Record<number, string>> = {
  8: 'unsigned bytes',
  9: 'signed bytes',
  11: '16-bit integers',
  12: '32-bit integers',
  13: '32-bit floats',
  14: '64-bit floats',
};
const UNSIGNED_BYTES = 8;

/**
 * Reads an IDX file of unsigned bytes, plain or gzip (told apart by their first bytes, not the name), straight into
 * shared memory.
 *
 * @throws {UserError} that names the file, what was expected and what was found, if it cannot be read, is not IDX,
 *   has another type or other dimensions, or holds fewer or more bytes than its header says.
 * @throws the signal's reason if it was aborted
 */
export const readIdx = (path: string, expected: ExpectedDimensions, signal?: AbortSignal): Promise<IdxFile> =>
  reading(path, () => readIdxFile(path, expected, signal));

async function readIdxFile(
  path: string,
  expected: ExpectedDimensions,
  signal: AbortSignal | undefined,
): Promise<IdxFile> {
  const { pieces, check } = await openContents(path);
  const headerBytes = 4 + 4 * expected.length;
  const hash = createHash('sha256');
  let header: Buffer = Buffer.alloc(0);
  let dimensions: number[] | undefined;
  let data: Uint8Array = new Uint8Array(0);
  let found = 0;
  for await (const piece of pieces) {
    signal?.throwIfAborted();
    hash.update(piece);
    let values = piece;
    if (dimensions === undefined) {
      header = Buffer.concat([header, piece]);
      checkMagic(path, header, expected.length);
      if (header.length < headerBytes) continue;
      dimensions = readDimensions(path, header, expected);
      const size = dimensions.reduce((product, extent) => product * extent, 1);
      check(headerBytes + size, lengthText(dimensions));
      data = sharedBytes(path, size);
      values = header.subarray(headerBytes);
    }
    if (found + values.length > data.length) throw fileError(path, lengthText(dimensions), 'more');
    data.set(values, found);
    found += values.length;
  }
  if (dimensions === undefined) {
    throw fileError(path, `an IDX header of ${headerBytes} bytes`, `a file of ${header.length} bytes`);
  }
  if (found < data.length) throw fileError(path, lengthText(dimensions), `${headerBytes + found}`);
  return { dimensions, data, sha256: hash.digest('hex') };
}

function checkMagic(path: string, header: Buffer, rank: number): void {
  if (header.length < 4) return;
  const [zero, alsoZero, type, foundRank] = header;
  if (zero !== 0 || alsoZero !== 0 || TYPE_NAMES[type] === undefined) {
    throw fileError(
      path,
      'an IDX file (two zero bytes, then a type)',
      `the first bytes ${header.toString('hex', 0, 4)}`,
    );
  }
  if (type !== UNSIGNED_BYTES) throw fileError(path, 'an IDX file of unsigned bytes', TYPE_NAMES[type]);
  if (foundRank !== rank) {
    throw fileError(path, `an IDX file of ${rankText(rank)}`, `one of ${rankText(foundRank)}`);
  }
}

function readDimensions(path: string, header: Buffer, expected: ExpectedDimensions): number[] {
  const found = expected.map((_, axis) => header.readUInt32BE(4 + 4 * axis));
  if (found.some((extent, axis) => extent === 0 || (expected[axis] !== 'any' && expected[axis] !== extent))) {
    throw fileError(path, `an IDX file of ${expected.join(' x ')} values`, `one of ${found.join(' x ')}`);
  }
  return found;
}

/** How many bytes there should be, and why. */
function lengthText(dimensions: readonly number[]): string {
  const bytes = 4 + 4 * dimensions.length + dimensions.reduce((product, extent) => product * extent, 1);
  return `${bytes} bytes (its header says ${dimensions.join(' x ')})`;
}

/** In MNIST's family three dimensions are images and one is labels; saying so makes a swap of the two plain. */
function rankText(rank: number): string {
  if (rank === 1) return '1 dimension (labels)';
  return rank === 3 ? '3 dimensions (images)' : `${rank} dimensions`;
}
