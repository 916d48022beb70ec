import { createHash } from 'node:crypto';
import { datasets } from '../datasets/index.js';
import type { Config } from '../experiment/config.js';
import { trainingImages } from '../experiment/training-hash.js';

/**
 * What tells the images of `config.data` from others: SHA-256 (hexadecimal) over those of training and of test. Null
 * for the data set's usual source, whose files are verified by their own checksums.
 *
 * @throws {UserError} if the data can't be read
 */
export async function dataDigest({ dataset, data }: Pick<Config, 'dataset' | 'data'>): Promise<string | null> {
  if (data === null) return null;
  const { train, test } = await datasets[dataset].load({ directory: data });
  const parts = [trainingImages(train), trainingImages(test)].map(({ sha256 }) => sha256);
  return createHash('sha256').update(parts.join()).digest('hex');
}

/** The same, each folder read once however often it is asked for. */
export function dataDigests(): typeof dataDigest {
  const known = new Map<string, Promise<string | null>>();
  return (config) => {
    const key = `${config.dataset} ${config.data}`;
    const digest = known.get(key) ?? dataDigest(config);
    known.set(key, digest);
    return digest;
  };
}
