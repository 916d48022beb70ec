/**
 * PNG (https://www.w3.org/TR/png-3/) as far as the data sets need it: 8-bit RGB, not interlaced. A picture is read line
 * by line, so that one which is not what it says takes no more memory than one which is.
 *
 * A file is 8 bytes of signature, then chunks: the length of its data, a type of four letters, the data, and the CRC-32
 * of type and data. IHDR comes first, the pixels are the zlib stream in all IDAT chunks together, IEND comes last.
 */
import { Readable } from 'node:stream';
import { crc32, createInflate } from 'node:zlib';
import { fileError, reading } from './files.js';

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Gets a line, `3 · width` bytes: red, green and blue of each pixel in turn. They are others when the next line comes. */
type UseLine = (line: Uint8Array, row: number) => void;

export interface RgbPicture extends Size {
  /**
   * Reads the lines, from top to bottom.
   *
   * @throws {UserError} that names the file, if there are fewer or more than its height, or they are damaged.
   */
  read(use: UseLine): Promise<void>;
}

const SIGNATURE = '89504e470d0a1a0a';
/** Bits and colour type for 8-bit RGB, then the only compression, the only set of filters, no interlacing. */
const FORM = [8, 2, 0, 0, 0];
const BYTES_PER_PIXEL = 3;

/**
 * Looks at a PNG's chunks and its header.
 *
 * @throws {UserError} that names the file, if it is damaged, or a picture of another kind.
 */
export function openRgbPng(path: string, bytes: Buffer): RgbPicture {
  const start = bytes.toString('hex', 0, 8);
  if (start !== SIGNATURE) throw fileError(path, `a PNG (first bytes ${SIGNATURE})`, start === '' ? 'none' : start);
  const [first, ...rest] = chunks(path, bytes);
  if (first?.type !== 'IHDR' || first.data.length !== 13) {
    throw fileError(path, 'a PNG whose first chunk is IHDR, of 13 bytes', `${first?.type}, of ${first?.data.length}`);
  }
  const size = { width: first.data.readUInt32BE(0), height: first.data.readUInt32BE(4) };
  const form = [...first.data.subarray(8)];
  if (form.join() !== FORM.join()) {
    throw fileError(path, `8-bit RGB without interlacing (${FORM.join(' ')})`, `another form (${form.join(' ')})`);
  }
  const compressed = rest.filter(({ type }) => type === 'IDAT').map(({ data }) => data);
  return { ...size, read: (use) => reading(path, () => readLines(path, compressed, size, use)) };
}

interface Chunk {
  readonly type: string;
  readonly data: Buffer;
}

/** The chunks before IEND. */
function chunks(path: string, bytes: Buffer): Chunk[] {
  const found: Chunk[] = [];
  for (let at = SIGNATURE.length / 2; at + 12 <= bytes.length; ) {
    const end = at + 8 + bytes.readUInt32BE(at);
    if (end + 4 > bytes.length) break;
    const type = bytes.toString('latin1', at + 4, at + 8);
    if (crc32(bytes.subarray(at + 4, end)) !== bytes.readUInt32BE(end)) {
      throw fileError(path, 'an intact PNG', `a damaged one (checksum of the chunk at byte ${at})`);
    }
    if (type === 'IEND') return found;
    found.push({ type, data: bytes.subarray(at + 8, end) });
    at = end + 4;
  }
  throw fileError(path, 'a whole PNG', `one that ends after ${bytes.length} bytes`);
}

/** Unzips the pixels, and gives each line to `use` once what its filter did is undone. */
async function readLines(path: string, compressed: readonly Buffer[], { width, height }: Size, use: UseLine) {
  let line = new Uint8Array(BYTES_PER_PIXEL * width);
  let above = new Uint8Array(line.length);
  let filter: number | undefined; // the byte before a line's pixels; undefined while that is still to come
  let filled = 0;
  let row = 0;
  for await (const piece of Readable.from(compressed).pipe(createInflate()) as AsyncIterable<Buffer>) {
    for (let at = 0; at < piece.length; ) {
      if (row === height) throw fileError(path, `${height} lines of pixels`, 'more');
      if (filter === undefined) {
        filter = piece[at++];
        if (filter >= undo.length) throw fileError(path, `filters from 0 to ${undo.length - 1}`, `${filter}`);
        continue;
      }
      const part = piece.subarray(at, at + line.length - filled);
      line.set(part, filled);
      at += part.length;
      filled += part.length;
      if (filled < line.length) continue;
      undo[filter](line, above);
      use(line, row++);
      [line, above] = [above, line];
      [filter, filled] = [undefined, 0];
    }
  }
  if (row < height) throw fileError(path, `${height} lines of pixels`, `${row}`);
}

/**
 * What each filter added to a line's bytes, subtracted again; in the line itself, modulo 256. A byte's neighbours are
 * `left`, the same colour one pixel before, `above` it, and `corner`, above the left one; 0 beyond the edge.
 */
const undo: readonly ((line: Uint8Array, above: Uint8Array) => void)[] = [
  () => {},
  (line) => {
    for (let i = BYTES_PER_PIXEL; i < line.length; i++) line[i] += line[i - BYTES_PER_PIXEL];
  },
  (line, above) => {
    for (let i = 0; i < line.length; i++) line[i] += above[i];
  },
  (line, above) => {
    for (let i = 0; i < line.length; i++) {
      const left = i < BYTES_PER_PIXEL ? 0 : line[i - BYTES_PER_PIXEL];
      line[i] += (left + above[i]) >> 1;
    }
  },
  (line, above) => {
    for (let i = 0; i < line.length; i++) {
      const [left, corner] = i < BYTES_PER_PIXEL ? [0, 0] : [line[i - BYTES_PER_PIXEL], above[i - BYTES_PER_PIXEL]];
      line[i] += paeth(left, above[i], corner);
    }
  },
];

/** That of the three which is nearest to left + above - corner; the first of equals. */
function paeth(left: number, above: number, corner: number): number {
  const [toLeft, toAbove, toCorner] = [above - corner, left - corner, left + above - 2 * corner].map(Math.abs);
  if (toLeft <= toAbove && toLeft <= toCorner) return left;
  return toAbove <= toCorner ? above : corner;
}
