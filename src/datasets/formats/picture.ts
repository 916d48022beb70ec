/* Pictures of any of the formats that are read, told by their first bytes and not by their names. */
import { readFile, stat } from 'node:fs/promises';
import type { Dataset } from '../dataset.js';
import { fileError, reading } from './files.js';
import { JPEG_SIGNATURE, openJpeg } from './jpeg.js';
import type { OpenPicture } from './open-picture.js';
import { PNG_SIGNATURE } from './png.js';
import { openPngPicture } from './png-picture.js';
import { isWebp, openWebp } from './webp.js';

/** Rows and columns at most, and bytes of a file: 1,024 × 1,024 in four channels, not compressed, and some. */
const MOST_EXTENT = 1024;
const MOST_BYTES = 5_000_000;
const SMALLER = 'Scale all pictures down to one size, such as 128 x 128.';
const OPAQUE = 255;

/** A picture's pixels. */
export interface Planes {
  /** `[C, H, W]` */
  readonly planes: Uint8Array;
  /** Whether a pixel was transparent, at least in part, and is mixed with white. */
  readonly onWhite: boolean;
}

/**
 * Reads the header of a PNG, JPEG or WebP file, before memory is asked for: a few bytes may say that they are a very
 * large picture.
 *
 * @throws {UserError} that names the file, if it is of another format, cut off or too large
 */
export async function openPicture(path: string): Promise<OpenPicture> {
  const { size } = await reading(path, () => stat(path));
  if (size > MOST_BYTES) throw fileError(path, `a picture of at most ${MOST_BYTES} bytes`, `${size}`, SMALLER);
  const bytes = await reading(path, () => readFile(path));
  const opened = openBytes(path, bytes);
  const { width, height } = opened;
  if (width < 1 || height < 1 || width > MOST_EXTENT || height > MOST_EXTENT) {
    throw fileError(path, `a picture of 1 to ${MOST_EXTENT} rows and columns`, `one of ${height} x ${width}`, SMALLER);
  }
  return opened;
}

function openBytes(path: string, bytes: Buffer): OpenPicture {
  const start = bytes.toString('hex', 0, 8);
  if (start === PNG_SIGNATURE) return openPngPicture(path, bytes);
  if (start.startsWith(JPEG_SIGNATURE)) return openJpeg(path, bytes);
  if (isWebp(bytes)) return openWebp(path, bytes);
  throw fileError(path, 'a PNG, JPEG or WebP picture', `a file that begins with the bytes ${start || '(none)'}`);
}

/**
 * Decodes a picture, each channel in a plane of its own; what is transparent shows white behind it.
 *
 * @param shape what it must have: 1 or 3 channels (a grey picture fills three alike), its rows and columns
 * @throws {UserError} that names the file, if it is damaged or of another size
 */
export async function planesOf(path: string, picture: OpenPicture, shape: Dataset['shape']): Promise<Planes> {
  const [channels, rows, columns] = shape;
  const size = rows * columns;
  const rgba = picture.height === rows && picture.width === columns ? await picture.rgba() : [];
  if (rgba.length !== 4 * size) {
    throw fileError(
      path,
      `${rows} x ${columns} pixels`,
      `${picture.height} x ${picture.width}, ${rgba.length / 4} of them decoded`,
    );
  }
  const planes = new Uint8Array(channels * size);
  let onWhite = false;
  for (let p = 0; p < size; p++) {
    const alpha = rgba[4 * p + 3];
    if (alpha < OPAQUE) onWhite = true;
    for (let c = 0; c < channels; c++) {
      planes[c * size + p] = Math.round((rgba[4 * p + c] * alpha) / OPAQUE + (OPAQUE - alpha));
    }
  }
  return { planes, onWhite };
}
