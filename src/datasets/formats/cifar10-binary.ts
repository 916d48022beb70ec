/**
 * CIFAR-10's binary files: one record an image, a label byte and then the red, the green and the blue plane of 32 x 32
 * pixels, each row-major.
 */
import { createHash } from 'node:crypto';
import { open, stat } from 'node:fs/promises';
import { fileError, reading } from './files.js';

/** Pixels of an image, all channels. */
export const PIXELS = 3 * 32 * 32;
export const RECORD = 1 + PIXELS;

/** Records read at a time: a megabyte. */
const RECORDS_AT_ONCE = 341;

/**
 * How many records a file holds, by its length.
 *
 * @throws {UserError} if that is no whole number, or none.
 */
export async function countRecords(path: string): Promise<number> {
  const found = await reading(path, () => stat(path));
  if (!found.isFile()) throw fileError(path, 'a file that can be read', found.isDirectory() ? 'a folder' : 'a device');
  const { size } = found;
  if (size === 0 || size % RECORD !== 0) {
    throw fileError(path, `records of ${RECORD} bytes (a label and 3 planes of 32 x 32)`, `${size} bytes`);
  }
  return size / RECORD;
}

/**
 * Reads a file of records into `pixels` and `labels`, which have room for just these.
 *
 * @returns its SHA-256
 * @throws {UserError} if it can't be read, or has been cut since its records were counted.
 */
export const readRecords = (path: string, pixels: Uint8Array, labels: Uint8Array): Promise<string> =>
  reading(path, async () => {
    const hash = createHash('sha256');
    const buffer = Buffer.alloc(RECORDS_AT_ONCE * RECORD);
    const file = await open(path);
    try {
      for (let image = 0; image < labels.length; ) {
        const wanted = Math.min(RECORDS_AT_ONCE, labels.length - image) * RECORD;
        const records = buffer.subarray(0, wanted);
        if ((await file.read(records, 0, wanted, image * RECORD)).bytesRead < wanted) {
          throw fileError(path, `${labels.length} records of ${RECORD} bytes`, 'a file that ends before');
        }
        hash.update(records);
        for (let at = 0; at < wanted; at += RECORD, image++) {
          labels[image] = records[at];
          pixels.set(records.subarray(at + 1, at + RECORD), image * PIXELS);
        }
      }
    } finally {
      await file.close();
    }
    return hash.digest('hex');
  });
