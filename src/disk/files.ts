/** Reads and writes the files of a run. faults.ts explains the errors of the system. */
import { rmSync } from 'node:fs';
import { access, constants, mkdir, open, readdir, rename, rm, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { UserError } from '../errors.js';
import { isDiskError, onDisk } from './faults.js';

/** The temporary files of unfinished writes. */
const unfinished = new Set<string>();
let writes = 0;

/** Removes the temporary files when the process exits; those of a killed process stay. */
function removeAll(): void {
  for (const file of unfinished) rmSync(file, { force: true });
}

/**
 * Writes a complete file or nothing: writes a temporary file beside it and renames it over the old file.
 *
 * @throws {UserError} if the system refuses; the old file is then unchanged, and the temporary file is removed
 */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  if (writes === 0) process.once('exit', removeAll);
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}-${writes++}.tmp`);
  unfinished.add(temporary);
  try {
    await onDisk('write', path, async () => {
      const file = await open(temporary, 'w');
      try {
        await file.writeFile(content); // the whole content: on a nearly full disk, a single write may succeed in part
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, path);
    });
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {}); // the first error is reported
    throw error;
  } finally {
    unfinished.delete(temporary);
  }
}

/** Removes a killed process's temporary files from a folder that no other process writes to. */
export async function removeUnfinished(folder: string): Promise<void> {
  for (const name of await onDisk('read', folder, () => readdir(folder))) {
    if (/^\..+\.\d+-\d+\.tmp$/.test(name)) await remove(join(folder, name));
  }
}

/** Removes a file if it exists. @throws {UserError} if it can't be removed, or is a folder */
export const remove = (path: string): Promise<void> => onDisk('remove', path, () => unlink(path).catch(nothingThere)); // `rm` refuses a folder with an error code of Node's own

/** The largest size, in bytes, that Node reads at once, and of a text file of a run. */
const MOST_BYTES = 2 ** 31 - 1;
const MOST_TEXT = 20_000_000;

/** Reads a file's bytes; returns undefined if there is no such file. @throws {UserError} if it can't be read */
export const readIfThere = (path: string): Promise<Buffer | undefined> =>
  onDisk('read', path, () => read(path, MOST_BYTES).catch(nothingThere));

/**
 * Reads a text file of a run; returns undefined if there is no such file.
 *
 * @throws {UserError} if it can't be read, or is too large
 */
export const readTextIfThere = async (path: string): Promise<string | undefined> =>
  (await onDisk('read', path, () => read(path, MOST_TEXT).catch(nothingThere)))?.toString();

/**
 * Reads a text file that must exist.
 *
 * @param name the file's name in messages, before its path, such as `--config`
 * @throws {UserError} if it can't be read, or is too large
 */
export const readText = async (path: string, name = ''): Promise<string> =>
  (await onDisk(`read ${name}`.trimEnd(), path, () => read(path, MOST_TEXT))).toString();

function nothingThere(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}

/** Reads a file's bytes; also those of a pipe, whose size is unknown beforehand. */
async function read(path: string, most: number): Promise<Buffer> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const tooLarge = (bytes: string) => new UserError(`${path} has ${bytes} bytes; at most ${most} are read.`);
    if (size > most) throw tooLarge(`${size}`);
    if (size > 0) return await file.readFile();
    const pieces: Buffer[] = [];
    let bytes = 0;
    for await (const piece of file.createReadStream({ autoClose: false })) {
      pieces.push(piece);
      bytes += piece.length;
      if (bytes > most) throw tooLarge(`more than ${most}`);
    }
    return Buffer.concat(pieces);
  } finally {
    await file.close();
  }
}

/**
 * Makes a folder and its parents, if they don't exist.
 *
 * @throws {UserError} if that fails
 */
export const makeFolder = (path: string): Promise<void> => onDisk('make the folder', path, () => make(path));

/** Makes the folders one by one. Node's `recursive` option never returns where no folder can be made, as in /proc. */
async function make(path: string): Promise<void> {
  if (await isFolder(path)) return;
  if (dirname(path) !== path) await make(dirname(path));
  try {
    await mkdir(path);
  } catch (error) {
    if (!(await isFolder(path))) throw error; // another process may have made it in the meantime
  }
}

/**
 * Checks that a path is not empty: an empty path joined with a file's name would mean the current folder.
 *
 * @param name the path's name in messages, such as `--out`
 * @throws {UserError} if it is empty
 */
export function checkNamed(path: string, name: string): void {
  if (path === '') throw new UserError(`${name} is empty: the name of a file or folder is expected.`);
}

/** A path below an output folder that is longer than that of any file written there. */
const LONGEST_BELOW = join(...Array<string>(3).fill('x'.repeat(100)));

/**
 * Checks that files can be written to a folder, which need not exist yet. It makes nothing.
 *
 * @throws {UserError} if the path is a file, lies below a file, is not writable, or is too long for files below it
 */
export async function checkWritable(folder: string): Promise<void> {
  await onDisk('write in', folder, async () => {
    await stat(join(folder, LONGEST_BELOW)).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENAMETOOLONG') throw error;
    });
    let nearest = folder; // the folder itself, or its nearest parent that exists
    while (!(await isFolder(nearest))) nearest = dirname(nearest);
    await access(nearest, constants.W_OK | constants.X_OK);
  });
}

/** Returns true if the folder exists, false if nothing does. @throws the system's error if it is a file */
async function isFolder(path: string): Promise<boolean> {
  try {
    if ((await stat(path)).isDirectory()) return true;
  } catch (error) {
    if (isDiskError(error) && error.code === 'ENOENT') return false;
    throw error;
  }
  throw Object.assign(new Error(`${path} is a file`), { code: 'ENOTDIR', syscall: 'stat' });
}
