/** Unpacking gzipped tar archives. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../errors.js';
import { fileError, openContents, reading } from './files.js';

/**
 * Unpacks files out of a gzipped tar archive, of which everything lies in one folder.
 *
 * The archive is only read by npm's library; what it says of links, devices, owners and paths reaches no disk.
 *
 * @param into the folder they go to
 * @param names the files' names in the archive's folder; whatever else it holds stays there
 * @throws {UserError} that names the archive, if it can't be read, is damaged, or unzips to too much.
 * @throws the system's own error if a file can't be written.
 */
export async function unpack(archive: string, into: string, names: readonly string[]): Promise<void> {
  const tar = await import('tar'); // here, since all commands load this file and few unpack anything
  const { pieces } = await reading(archive, () => openContents(archive));
  const whole: { readonly name: string; readonly contents: Buffer[] }[] = [];
  let failure: Error | undefined;
  let ended = false;
  const parser = new tar.Parser({
    strict: true,
    maxDecompressionRatio: 1, // what has been unzipped once is not unzipped again
    onReadEntry(entry) {
      const name = entry.path.split('/').slice(1).join('/');
      if (entry.type !== 'File' || !names.includes(name)) return entry.resume();
      const contents: Buffer[] = [];
      entry.on('data', (part) => contents.push(part));
      entry.on('end', () => whole.push({ name, contents }));
    },
  });
  parser.on('error', (error: Error) => {
    failure ??= error;
  });
  parser.on('eof', () => {
    ended = true;
  });
  try {
    for await (const piece of pieces) {
      parser.write(piece);
      if (failure) throw failure;
      for (const { name, contents } of whole.splice(0)) await writeFile(join(into, name), contents);
      if (ended) return; // the parser would keep, and copy again and again, whatever follows
    }
    parser.end();
    if (failure) throw failure;
  } catch (error) {
    const { syscall, message } = error as NodeJS.ErrnoException;
    if (error instanceof UserError || syscall !== undefined) throw error;
    throw fileError(archive, 'an intact tar archive', `a damaged one (${message})`);
  }
}
