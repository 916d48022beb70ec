/** What the data sets share in dealing with files: finding, unzipping and verifying them, and saying what is wrong. */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { diskFault, faultReason, isDiskError } from '../../disk/faults.js';
import { UserError } from '../../errors.js';
import type { PublishedFile } from '../dataset.js';

/** Bytes that a zipped file may hold beyond its own size: MNIST's holds 37 million, and a bomb as many as it likes. */
const MOST_UNZIPPED = 58_000_000;

/**
 * The one form of message about a data file: its name, what was expected, what was found.
 *
 * @param advice a sentence with what to do, where the file alone does not say it
 */
export function fileError(path: string, expected: string, found: string, advice = ''): UserError {
  return new UserError(`${path}: expected ${expected}, found ${found}.${advice && ` ${advice}`}`);
}

/**
 * Calls `read`, and turns what the system or zlib says of the file into a message for a person.
 *
 * @throws {UserError} that names the file, if it can't be read or unzipped.
 */
export async function reading<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (isDiskError(error)) throw diskFault(error, 'read', path);
    const { code, message } = error as { code?: unknown; message: string };
    if (error instanceof UserError || typeof code !== 'string') throw error;
    if (code === 'Z_BUF_ERROR') throw fileError(path, 'a whole zipped file', 'one that is cut off');
    if (code.startsWith('Z_')) throw fileError(path, 'an intact zipped file', `a damaged one (${message})`);
    throw fileError(path, 'a file that can be read', message);
  }
}

/** The contents of a file: its bytes, unzipped where it is zipped. */
export interface Contents {
  /** In pieces; to be read to the end, or until something throws. */
  readonly pieces: AsyncIterable<Buffer>;
  /**
   * Whether there can be as many bytes as something in the file says there are, before memory is asked for them.
   *
   * @param expected what messages call these bytes
   * @throws {UserError} if not: the file is shorter, or its reader would not unzip as much.
   */
  check(bytes: number, expected: string): void;
}

/**
 * Opens a file, and unzips it if its first bytes (not its name) say gzip.
 *
 * A zipped file is read up to {@link MOST_UNZIPPED} bytes beyond its own size, so that a megabyte that unzips to a
 * gigabyte takes no gigabyte. Whoever means it can unzip it beforehand.
 */
export async function openContents(path: string): Promise<Contents> {
  // Without waiting for a writer, should it be a pipe.
  const handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const found = await handle.stat();
    if (!found.isFile())
      throw fileError(path, 'a file that can be read', found.isDirectory() ? 'a folder' : 'a device');
    const { size } = found;
    const first = Buffer.alloc(2);
    await handle.read(first, 0, 2, 0);
    const file = handle.createReadStream({ start: 0, highWaterMark: 1 << 20 });
    if (first[0] !== 0x1f || first[1] !== 0x8b) {
      const check = (bytes: number, expected: string) => {
        if (bytes > size) throw fileError(path, expected, `${size}`);
      };
      return { pieces: file, check };
    }
    const most = size + MOST_UNZIPPED;
    const check = (bytes: number, expected: string) => {
      if (bytes <= most) return;
      const remedy = 'If it is what it should be, unzip it and give the unzipped file';
      throw fileError(path, expected, `a gzip file of ${size}, of which at most ${most} are unzipped. ${remedy}`);
    };
    // Errors reach the reader through the unzipped stream; pipeline's own callback has nothing to add.
    const unzipped = pipeline(file, createGunzip({ chunkSize: 1 << 18 }), () => {});
    return { pieces: counted(unzipped, (bytes) => check(bytes, `at most ${most} unzipped bytes`)), check };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** The pieces of a stream; `check` gets the number of bytes so far before each is given out. */
async function* counted(stream: AsyncIterable<Buffer>, check: (bytes: number) => void): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const piece of stream) {
    bytes += piece.length;
    check(bytes);
    yield piece;
  }
}

/**
 * Memory that all threads see, for what a file holds.
 *
 * @throws {UserError} that names the file, if there is not as much.
 */
export function sharedBytes(path: string, size: number): Uint8Array {
  try {
    return new Uint8Array(new SharedArrayBuffer(size));
  } catch {
    throw fileError(path, 'a file that fits into memory', `one that needs ${size} bytes`);
  }
}

/** Where in `folder` this file is, under any of its names; `undefined` if it isn't, or if there is no such folder. */
export async function findFile(folder: string, { name, alsoCalled = [] }: PublishedFile): Promise<string | undefined> {
  const present = await readdir(folder).catch((): string[] => []);
  const found = [name, ...alsoCalled].find((candidate) => present.includes(candidate));
  return found === undefined ? undefined : join(folder, found);
}

/**
 * Where in a folder each of these files is.
 *
 * @throws {UserError} if one is missing; the message says what is there instead.
 */
export async function findAll(folder: string, files: readonly PublishedFile[]): Promise<string[]> {
  const present = await readdir(folder).catch((error: unknown) => {
    if (!isDiskError(error)) throw error;
    const found = { ENOENT: 'nothing', ENOTDIR: 'a file' }[error.code ?? ''];
    if (found === undefined) throw diskFault(error, 'read', folder);
    throw fileError(folder, `a folder with ${files.map(({ name }) => name).join(', ')}`, found);
  });
  return files.map(({ name, alsoCalled = [] }) => {
    const found = [name, ...alsoCalled].find((candidate) => present.includes(candidate));
    if (found !== undefined) return join(folder, found);
    const there = present.length > 0 ? `only ${present.sort().slice(0, 12).join(', ')}` : 'an empty folder';
    throw fileError(folder, `the file ${[name, ...alsoCalled].join(' or ')}`, there);
  });
}

/** SHA-256 of a file, of the unzipped bytes if it is zipped. */
async function sha256OfContents(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of (await openContents(path)).pieces) hash.update(piece);
  return hash.digest('hex');
}

/** `undefined` if the file at `path` is the published one, byte for byte; else what is wrong with it. */
export async function sha256Fault(path: string, { sha256 }: PublishedFile): Promise<string | undefined> {
  const found = await sha256OfContents(path).catch(
    (error) => `none (${isDiskError(error) ? faultReason(error) : error.message})`,
  );
  return found === sha256 ? undefined : `expected the SHA-256 ${sha256}, found ${found}`;
}

export type FileState = 'verified' | 'missing' | 'damaged';

/** Whether a published file is in this folder, byte for byte. */
export async function fileState(folder: string, file: PublishedFile): Promise<FileState> {
  const path = await findFile(folder, file);
  if (path === undefined) return 'missing';
  return (await sha256Fault(path, file)) === undefined ? 'verified' : 'damaged';
}

/** Whether any of the files is not in the folder, under any of its names. */
export async function anyMissing(folder: string, files: readonly PublishedFile[]): Promise<boolean> {
  const paths = await Promise.all(files.map((file) => findFile(folder, file)));
  return paths.includes(undefined);
}

/**
 * Checks that the file at `path`, read as `file`, is that one and not another of the same data set.
 *
 * @param verify whether it must be the published file, byte for byte. A person's own needn't be; even so a published
 *   file in the place of another is an error.
 * @throws {UserError} if it is not.
 */
export function checkIdentity(
  path: string,
  file: PublishedFile,
  sha256: string,
  files: readonly PublishedFile[],
  verify: boolean,
): void {
  if (sha256 === file.sha256) return;
  const other = files.find((candidate) => candidate.sha256 === sha256);
  if (other !== undefined) throw fileError(path, file.name, `the contents of ${other.name}: the files are swapped`);
  if (!verify) return;
  throw fileError(path, `the published file (SHA-256 ${file.sha256})`, `another (SHA-256 ${sha256})`);
}

/** @throws {UserError} if a label is not a class index. */
export function checkLabels(path: string, labels: Uint8Array, classes: number): void {
  const at = labels.findIndex((label) => label >= classes);
  if (at >= 0) throw fileError(path, `labels from 0 to ${classes - 1}`, `the label ${labels[at]} (image ${at})`);
}
