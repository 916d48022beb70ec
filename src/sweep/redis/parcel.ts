/**
 * Files that travel through Redis: zipped, with the SHA-256 of each. A parcel is a hash of Redis': a field for each
 * file, and `manifest`. It is put there whole or not at all.
 */
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { UserError } from '../../errors.js';
import { count, faultList, parseJson } from '../../schema.js';

export type Files = ReadonlyMap<string, Uint8Array>;

const zip = promisify(gzip);
const unzip = promisify(gunzip);

const MANIFEST = 'manifest';
/** What a parcel may hold at most: files, and bytes of each, unzipped. */
const MOST_FILES = 64;
const MOST_BYTES = 100_000_000;
const MOST_MANIFEST = 100_000;

const manifestSchema = z.strictObject({
  schema: z.literal(1),
  files: z.record(z.string().max(100), z.strictObject({ bytes: count, sha256: z.string() })),
});

/** Puts files under a key, in the place of what was there. */
export async function putParcel(redis: Redis, key: string, files: Files, secondsToLive?: number): Promise<void> {
  const fields: Record<string, string | Buffer> = {};
  const manifest: z.infer<typeof manifestSchema> = { schema: 1, files: {} };
  for (const [name, bytes] of files) {
    fields[name] = await zip(bytes);
    manifest.files[name] = { bytes: bytes.length, sha256: sha256(bytes) };
  }
  fields[MANIFEST] = JSON.stringify(manifest);
  const transaction = redis.multi().del(key).hset(key, fields);
  if (secondsToLive !== undefined) transaction.expire(key, secondsToLive);
  const replies = await transaction.exec();
  const failure = replies?.find(([error]) => error)?.[0];
  if (failure) throw failure;
}

/**
 * Takes the files that are under a key, each checked; they stay there.
 *
 * @param accepts which names there may be: no other is a file's, whatever it looks like
 * @returns undefined if there are none
 * @throws {UserError} if it is damaged
 */
export async function takeParcel(
  redis: Redis,
  key: string,
  accepts: (name: string) => boolean,
): Promise<Files | undefined> {
  const names = await namesIn(redis, key);
  if (names === undefined) return undefined;
  const bad = (what: string) => new UserError(`What came through Redis is damaged: ${what}.`);
  if (!names.includes(MANIFEST) || names.length > MOST_FILES) throw bad('it has no list of its files, or too many');
  if ((await redis.hstrlen(key, MANIFEST)) > MOST_MANIFEST) throw bad('the list of its files is too long');
  const value = parseJson(
    (await redis.hget(key, MANIFEST)) ?? '',
    'the list of its files',
    'Give the same command again.',
  );
  const parsed = manifestSchema.safeParse(value);
  if (!parsed.success) throw bad(`the list of its files is not usable: ${faultList(parsed.error, value)}`);
  const files = new Map<string, Uint8Array>();
  for (const [name, { bytes, sha256: expected }] of Object.entries(parsed.data.files)) {
    if (!accepts(name)) throw bad(`it holds ${JSON.stringify(name)}, which is no file of such a run`);
    if (bytes > MOST_BYTES || (await redis.hstrlen(key, name)) > MOST_BYTES) throw bad(`${name} is too large`);
    const zipped = await redis.hgetBuffer(key, name);
    if (!zipped) throw bad(`${name} is missing`);
    const found = await unzip(zipped, { maxOutputLength: Math.max(1, bytes) }).catch(() => undefined);
    if (!found || found.length !== bytes || sha256(found) !== expected) throw bad(`${name} is cut short or altered`);
    files.set(name, found);
  }
  return files;
}

/** @returns undefined if there is nothing under the key, or something that is no parcel */
async function namesIn(redis: Redis, key: string): Promise<string[] | undefined> {
  if ((await redis.type(key)) !== 'hash') return undefined;
  if ((await redis.hlen(key)) > MOST_FILES + 1) return [];
  return redis.hkeys(key);
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
