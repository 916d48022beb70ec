/* What lies in a folder of images: class folders, picture files below them, and what is neither. */
import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { onDisk } from '../../disk/faults.js';
import type { LeftOut } from '../dataset.js';

/** Files and folders that operating systems and archives leave behind, beside those that begin with a dot. */
const SYSTEM = /^(\..*|__MACOSX|Thumbs\.db|ehthumbs\.db|desktop\.ini|Icon\r|@eaDir|\$RECYCLE\.BIN|lost\+found)$/i;
/** How many files and folders are named of each reason. */
const MOST_EXAMPLES = 5;
const PICTURE = /\.(png|jpe?g|jpe|jfif|webp)$/i;

/** Why something is left out. */
export const reasons = {
  system: 'hidden, or made by an operating system',
  other: 'not a PNG, JPEG or WebP file',
  outside: 'outside of the class folders',
  again: 'a link to a folder that is read already',
  broken: 'a link to nothing',
} as const;

/** Collects what is not read, by reason. */
export class LeftOutList {
  private readonly found = new Map<string, { count: number; readonly examples: string[] }>();

  add(why: string, path: string): void {
    const known = this.found.get(why) ?? { count: 0, examples: [] };
    known.count++;
    if (known.examples.length < MOST_EXAMPLES) known.examples.push(path);
    this.found.set(why, known);
  }

  list(): LeftOut[] {
    return [...this.found].map(([why, { count, examples }]) => ({ why, count, examples }));
  }
}

/** The order of names: by code point, as Python sorts, and torchvision with it. (JavaScript sorts by UTF-16 units.) */
export const byCodePoint = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** The folders in a folder, links to folders among them, in the order of their names. */
export async function foldersIn(path: string, below: string, leftOut: LeftOutList): Promise<string[]> {
  const folders: string[] = [];
  for (const { name, kind } of await entriesOf(path)) {
    const shown = `${below}${name}`;
    if (SYSTEM.test(name)) leftOut.add(reasons.system, kind === 'folder' ? `${shown}/` : shown);
    else if (kind === 'folder') folders.push(name);
    else if (kind === 'broken') leftOut.add(reasons.broken, shown);
    else leftOut.add(PICTURE.test(name) ? reasons.outside : reasons.other, shown);
  }
  return folders;
}

/**
 * The picture files in a folder and in all folders below it, as paths from there with `/`, in the order of these paths.
 * Links are followed; of folders that lead back to each other each is read once.
 *
 * @param below how messages call the folder, with `/` at the end
 */
export async function picturesIn(path: string, below: string, leftOut: LeftOutList): Promise<string[]> {
  const read = new Set<string>();
  const pictures: string[] = [];
  const enter = async (folder: string, way: string): Promise<void> => {
    const real = await onDisk('read', folder, () => realpath(folder));
    if (read.has(real)) {
      leftOut.add(reasons.again, `${below}${way}`);
      return;
    }
    read.add(real);
    for (const { name, kind } of await entriesOf(folder)) {
      const [own, shown] = [`${way}${name}`, `${below}${way}${name}`];
      if (SYSTEM.test(name)) leftOut.add(reasons.system, kind === 'folder' ? `${shown}/` : shown);
      else if (kind === 'folder') await enter(join(folder, name), `${own}/`);
      else if (PICTURE.test(name) && kind !== 'device')
        pictures.push(own); // a broken link to one is an error when read
      else leftOut.add(kind === 'broken' ? reasons.broken : reasons.other, shown);
    }
  };
  await enter(path, '');
  return pictures.sort(byCodePoint);
}

type Kind = 'folder' | 'file' | 'device' | 'broken';

async function entriesOf(path: string): Promise<{ readonly name: string; readonly kind: Kind }[]> {
  const entries = await onDisk('read', path, () => readdir(path, { withFileTypes: true }));
  entries.sort((a, b) => byCodePoint(a.name, b.name));
  const kindOf = async (entry: (typeof entries)[number]): Promise<Kind> => {
    const target = entry.isSymbolicLink() ? await stat(join(path, entry.name)).catch(() => undefined) : entry;
    if (target === undefined) return 'broken';
    return target.isDirectory() ? 'folder' : target.isFile() ? 'file' : 'device';
  };
  return Promise.all(entries.map(async (entry) => ({ name: entry.name, kind: await kindOf(entry) })));
}
