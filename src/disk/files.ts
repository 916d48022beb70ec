/** Reading and writing the files of a run. What the system refuses is told in a sentence, see faults.ts. */
import { rmSync } from 'node:fs';
import { access, constants, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { UserError } from '../errors.js';
import { isDiskError, onDisk } from './faults.js';

/** Temporary files of writes under way. */
const unfinished = new Set<string>();
let writes = 0;

/** A process that ends by itself takes its temporary files along; of one that is killed, they stay. */
function removeAll(): void {
  for (const file of unfinished) rmSync(file, { force: true });
}

/**
 * Writes a whole file or nothing: under a temporary name beside it, which then takes the place of what was there.
 *
 * @throws {UserError} if the system refuses; what was there before is then untouched, and nothing else is left
 */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  if (writes === 0) process.once('exit', removeAll);
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}-${writes++}.tmp`);
  unfinished.add(temporary);
  try {
    await onDisk('write', path, async () => {
      const file = await open(temporary, 'w');
      try {
        await file.writeFile(content); // all of it: a nearly full disk takes a part, and refuses only the rest
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, path);
    });
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {}); // the first error is the one to tell
    throw error;
  } finally {
    unfinished.delete(temporary);
  }
}

/** Removes the temporary files that a killed process has left in a folder that no other process writes in now. */
export async function removeUnfinished(folder: string): Promise<void> {
  for (const name of await onDisk('read', folder, () => readdir(folder))) {
    if (/^\..+\.\d+-\d+\.tmp$/.test(name)) await remove(join(folder, name));
  }
}

/** @throws {UserError} if it can't be removed; none if it is not there */
export const remove = (path: string): Promise<void> => onDisk('remove', path, () => rm(path, { force: true }));

/** Bytes of a file that Node reads in one piece, and of any text of a run. */
const MOST_BYTES = 2 ** 31 - 1;
const MOST_TEXT = 20_000_000;

/** The file's bytes; undefined where there is none. @throws {UserError} if it can't be read */
export const readIfThere = (path: string): Promise<Buffer | undefined> =>
  onDisk('read', path, () => read(path, MOST_BYTES).catch(nothingThere));

/** The text of a run's file; undefined where there is none. @throws {UserError} if it can't be read, or is too large */
export const readTextIfThere = async (path: string): Promise<string | undefined> =>
  (await onDisk('read', path, () => read(path, MOST_TEXT).catch(nothingThere)))?.toString();

/**
 * The text of a file that must be there.
 *
 * @param name what messages call it beside its path, such as `--config`
 * @throws {UserError} if it can't be read, or is too large
 */
export const readText = async (path: string, name = ''): Promise<string> =>
  (await onDisk(`read ${name}`.trimEnd(), path, () => read(path, MOST_TEXT))).toString();

function nothingThere(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}

/** A file's bytes; also of one whose size is not known beforehand, such as a pipe. */
async function read(path: string, most: number): Promise<Buffer> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const tooLarge = (bytes: string) => new UserError(`${path} has ${bytes} bytes; ${most} are the most that is read.`);
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
 * Makes a folder, and those on the way to it, where they are not there yet.
 *
 * @throws {UserError} if that can't be done
 */
export const makeFolder = (path: string): Promise<void> => onDisk('make the folder', path, () => make(path));

/** One after the other, since Node's own way to do it does not come back where no folder can be made, as in /proc. */
async function make(path: string): Promise<void> {
  if (await isFolder(path)) return;
  if (dirname(path) !== path) await make(dirname(path));
  try {
    await mkdir(path);
  } catch (error) {
    if (!(await isFolder(path))) throw error; // another process may have made it meanwhile
  }
}

/**
 * Checks that a path is not empty: joined with a file's name, it would mean the current folder.
 *
 * @param name what messages call it, such as `--out`
 * @throws {UserError} if it is
 */
export function checkNamed(path: string, name: string): void {
  if (path === '') throw new UserError(`${name} is empty: the name of a file or folder is expected.`);
}

/**
 * Checks that files can be written into a folder, which need not be there yet; nothing is made.
 *
 * @throws {UserError} if it is a file, below a file, or not writable
 */
export async function checkWritable(folder: string): Promise<void> {
  await onDisk('write in', folder, async () => {
    let nearest = folder; // the folder itself, or what is there of the way to it
    while (!(await isFolder(nearest))) nearest = dirname(nearest);
    await access(nearest, constants.W_OK | constants.X_OK);
  });
}

/** Whether there is such a folder; false if there is nothing. @throws the system's error if it is a file */
async function isFolder(path: string): Promise<boolean> {
  try {
    if ((await stat(path)).isDirectory()) return true;
  } catch (error) {
    if (isDiskError(error) && error.code === 'ENOENT') return false;
    throw error;
  }
  throw Object.assign(new Error(`${path} is a file`), { code: 'ENOTDIR', syscall: 'stat' });
}
