/*
 * PNG (https://www.w3.org/TR/png-3/), decoded by fast-png once its size is known to be what it says. A file is 8 bytes of
 * signature, then chunks: the length of its data, a type of four letters, the data, and a CRC-32. IHDR comes first, the
 * pixels are the zlib stream in all IDAT chunks together, IEND comes last.
 */
import { inflateSync } from 'node:zlib';
import type { DecodedPng } from 'fast-png';
import { fileError } from './files.js';

export const PNG_SIGNATURE = '89504e470d0a1a0a';

/** How many numbers a pixel has, by colour type: grey, RGB, palette, grey with alpha, RGB with alpha. */
const CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
export const PALETTE = 3;
/** Chunks that pixels depend on. The others never reach the decoder, which would unzip a colour profile of any size. */
const NEEDED = ['IHDR', 'PLTE', 'tRNS', 'IDAT', 'IEND'];
/** Bytes of the longest palette, 256 colours. */
const MOST_PALETTE = 3 * 256;
/** First column and row, and steps along both, of Adam7's seven passes. */
const PASSES = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

/** A PNG whose chunks and header have been read. */
export interface OpenPng {
  readonly width: number;
  readonly height: number;
  /** Bits of each number. */
  readonly depth: number;
  /** 0 grey, 2 RGB, 3 palette, 4 grey with alpha, 6 RGB with alpha. */
  readonly colour: number;
  /**
   * Decodes the pixels, of which less than 8 bits each stay packed. Memory is asked for once the zlib stream is known to
   * hold as many bytes as the header says.
   *
   * @throws {UserError} that names the file, if it is damaged
   */
  decode(): Promise<DecodedPng>;
}

interface Chunk {
  readonly type: string;
  readonly data: Buffer;
  /** With its length, type and checksum. */
  readonly whole: Buffer;
}

/**
 * Reads a PNG's chunks and its header.
 *
 * @throws {UserError} that names the file, if it is damaged or of a kind that isn't read
 */
export function openPng(path: string, bytes: Buffer): OpenPng {
  const start = bytes.toString('hex', 0, 8);
  if (start !== PNG_SIGNATURE) throw fileError(path, `a PNG (first bytes ${PNG_SIGNATURE})`, start || 'none');
  const chunks = chunksOf(path, bytes);
  const [first] = chunks;
  if (first.type !== 'IHDR' || first.data.length !== 13) {
    throw fileError(path, 'a PNG whose first chunk is IHDR, of 13 bytes', `${first.type}, of ${first.data.length}`);
  }
  const [width, height] = [first.data.readUInt32BE(0), first.data.readUInt32BE(4)];
  const [depth, colour, , , interlacing] = first.data.subarray(8);
  const channels = CHANNELS[colour];
  if (channels === undefined) throw fileError(path, 'a PNG of colour type 0, 2, 3, 4 or 6', `one of ${colour}`);
  if (interlacing !== 0 && depth < 8) {
    throw fileError(path, 'an interlaced PNG of 8 or 16 bits', `one of ${depth}. Save it without interlacing`);
  }
  const needed = chunks.filter(({ type }, i) => NEEDED.includes(type) && (type !== 'IHDR' || i === 0));
  if (needed.some(({ type, data }) => (type === 'PLTE' || type === 'tRNS') && data.length > MOST_PALETTE)) {
    throw fileError(path, 'an intact PNG', 'a damaged one (more than 256 colours in its palette)');
  }
  const lines = bytesOfLines(width, height, depth * channels, interlacing !== 0);
  return { width, height, depth, colour, decode: () => decodeChunks(path, needed, lines) };
}

/** The chunks up to IEND. */
function chunksOf(path: string, bytes: Buffer): Chunk[] {
  const found: Chunk[] = [];
  for (let at = PNG_SIGNATURE.length / 2; at + 12 <= bytes.length; ) {
    const end = at + 12 + bytes.readUInt32BE(at);
    if (end > bytes.length) break;
    const type = bytes.toString('latin1', at + 4, at + 8);
    found.push({ type, data: bytes.subarray(at + 8, end - 4), whole: bytes.subarray(at, end) });
    if (type === 'IEND') return found;
    at = end;
  }
  throw fileError(path, 'a whole PNG', `one that ends after ${bytes.length} bytes`);
}

/** Bytes of all lines of pixels, each with the number of its filter. */
function bytesOfLines(width: number, height: number, bits: number, interlaced: boolean): number {
  const bytes = (columns: number, rows: number) => (columns === 0 ? 0 : rows * (1 + Math.ceil((columns * bits) / 8)));
  if (!interlaced) return bytes(width, height);
  const passes = PASSES.map(([x, y, right, down]) =>
    bytes(Math.max(0, Math.ceil((width - x) / right)), Math.max(0, Math.ceil((height - y) / down))),
  );
  return passes.reduce((sum, each) => sum + each, 0);
}

async function decodeChunks(path: string, chunks: readonly Chunk[], lines: number): Promise<DecodedPng> {
  checkLines(path, Buffer.concat(chunks.filter(({ type }) => type === 'IDAT').map(({ data }) => data)), lines);
  const { decode } = await import('fast-png'); // here, since most commands read no picture
  const needed = Buffer.concat([Buffer.from(PNG_SIGNATURE, 'hex'), ...chunks.map(({ whole }) => whole)]);
  try {
    return decode(needed, { checkCrc: true });
  } catch (error) {
    throw fileError(path, 'an intact PNG', `a damaged one (${(error as Error).message})`);
  }
}

/** @throws {UserError} unless a zlib stream holds just so many bytes: a few may unzip to any number */
function checkLines(path: string, compressed: Buffer, lines: number): void {
  let found: number;
  try {
    found = inflateSync(compressed, { maxOutputLength: lines + 1 }).length;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_BUFFER_TOO_LARGE') throw fileError(path, `${lines} bytes of pixels`, 'more');
    throw fileError(path, 'an intact PNG', `a damaged one (${message})`);
  }
  if (found !== lines) throw fileError(path, `${lines} bytes of pixels`, found > lines ? 'more' : `${found}`);
}
