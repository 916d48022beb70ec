import { readFile, stat } from 'node:fs/promises';
import type { DecodedPng } from 'fast-png';
import type { Dataset } from '../dataset.js';
import { fileError, reading } from './files.js';

/** Rows and columns at most, and bytes of a file: 1,024 × 1,024 in four channels, not compressed, and some. */
const MOST_EXTENT = 1024;
const MOST_BYTES = 5_000_000;
const SIGNATURE = '89504e470d0a1a0a';

/** A picture's pixels, a plane after the other. */
export interface PixelPlanes {
  readonly shape: Dataset['shape'];
  readonly planes: Uint8Array;
}

/**
 * Reads a PNG of 8-bit grey or RGB pixels.
 *
 * @throws {UserError} that names the file, if it is none, of another kind, damaged or too large
 */
export async function readPicture(path: string): Promise<PixelPlanes> {
  const { size } = await reading(path, () => stat(path));
  if (size > MOST_BYTES) throw fileError(path, `a picture of at most ${MOST_BYTES} bytes`, `${size}`);
  const bytes = await reading(path, () => readFile(path));
  if (bytes.length < 26 || bytes.toString('hex', 0, 8) !== SIGNATURE) {
    throw fileError(path, `a PNG (first bytes ${SIGNATURE})`, bytes.toString('hex', 0, 8) || 'none');
  }
  // Before memory is asked for: a few bytes may say that they are a very large picture.
  const [width, height, depth, colour] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20), bytes[24], bytes[25]];
  if (width < 1 || height < 1 || width > MOST_EXTENT || height > MOST_EXTENT) {
    throw fileError(path, `a picture of 1 to ${MOST_EXTENT} rows and columns`, `one of ${height} x ${width}`);
  }
  const channels = { 0: 1, 2: 3 }[colour];
  if (depth !== 8 || channels === undefined) {
    throw fileError(
      path,
      '8-bit grey (colour type 0) or RGB (2) pixels, without transparency or palette',
      `${depth}-bit ones of colour type ${colour}`,
    );
  }
  const { data } = await decodeAt(path, bytes);
  const planes = new Uint8Array(channels * height * width);
  if (data.length !== planes.length) throw fileError(path, `${planes.length} numbers`, `${data.length}`);
  for (let p = 0; p < height * width; p++) {
    for (let c = 0; c < channels; c++) planes[c * height * width + p] = data[p * channels + c];
  }
  return { shape: [channels, height, width], planes };
}

/** The library is loaded at the first picture: most commands see none. */
async function decodeAt(path: string, bytes: Uint8Array): Promise<DecodedPng> {
  const { decode } = await import('fast-png');
  try {
    return decode(bytes, { checkCrc: true });
  } catch (error) {
    throw fileError(path, 'an intact PNG', `a damaged one (${(error as Error).message})`);
  }
}
