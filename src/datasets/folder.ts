/** Pictures of one's own: a folder for each class, with PNG files of one size. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { onDisk } from '../disk/faults.js';
import { UserError } from '../errors.js';
import { permutation, stream } from '../tensor/random.js';
import { shapeText } from '../tensor/tensor.js';
import type { Dataset, DatasetSource, LabelledImages } from './dataset.js';
import { fileError, sharedBytes } from './formats/files.js';
import { readPicture } from './formats/picture.js';

/** Labels are bytes. */
const MOST_CLASSES = 256;
/** The share of each class that is kept for the test, where nobody has split them. */
const TEST_SHARE = 0.2;
const SPLITS = ['train', 'test'] as const;

const HOW =
  'a folder for each class with its PNG files of one size, or train/ and test/ with such folders, given with --data';

/** Whatever folder `--data` names. */
export const folder: DatasetSource = {
  title: 'Folder of pictures',
  source: `Your own: ${HOW}.`,
  licence: 'Yours.',
  files: [],
  folder: () => 'none',
  fetch: async () => {
    throw new UserError(`There is nothing to fetch: pictures of your own are ${HOW}.`);
  },
  async load({ directory, signal } = {}) {
    if (directory === undefined) throw new UserError(`Which pictures? They are ${HOW}.`);
    return await loadFolder(directory, signal);
  },
};

/** A picture's file, and its class. */
interface Picture {
  readonly path: string;
  readonly label: number;
}

async function loadFolder(directory: string, signal: AbortSignal | undefined): Promise<Dataset> {
  const { classes, train, test } = await findPictures(directory);
  const { shape } = await readPicture(train[0].path);
  const read = (pictures: readonly Picture[]) => readPictures(directory, pictures, shape, train[0].path, signal);
  const images = await read(train);
  return {
    name: 'folder',
    shape,
    classes,
    ...statistics(directory, images, shape[0]),
    train: images,
    test: await read(test),
  };
}

/**
 * The pictures for training and for test, in an order that depends on their names alone and mixes the classes, so that
 * the first ones are of all kinds.
 */
async function findPictures(directory: string): Promise<{ classes: string[]; train: Picture[]; test: Picture[] }> {
  const names = await foldersIn(directory);
  const split = SPLITS.every((name) => names.includes(name));
  const classes = split ? await foldersIn(join(directory, 'train')) : names;
  if (classes.length < 2 || classes.length > MOST_CLASSES) {
    throw fileError(directory, `folders of 2 to ${MOST_CLASSES} classes`, `${classes.length}`);
  }
  if (!split) {
    const all = await picturesOf(directory, classes);
    const [train, test]: [Picture[], Picture[]] = [[], []];
    for (const [label, name] of classes.entries()) {
      const own = mixed(all.filter((picture) => picture.label === label), name); // biome-ignore format: one line
      if (own.length < 2)
        throw fileError(join(directory, name), 'two pictures at least, one for the test', `${own.length}`);
      const kept = Math.max(1, Math.round(TEST_SHARE * own.length));
      test.push(...own.slice(0, kept));
      train.push(...own.slice(kept));
    }
    return { classes, train: mixed(train, 'train'), test: mixed(test, 'test') };
  }
  const tested = await foldersIn(join(directory, 'test'));
  if (tested.join('\0') !== classes.join('\0')) {
    throw fileError(
      join(directory, 'test'),
      `the classes of train, ${classes.join(', ')}`,
      tested.join(', ') || 'none',
    );
  }
  const [train, test] = await Promise.all(SPLITS.map((name) => picturesOf(join(directory, name), classes)));
  return { classes, train: mixed(train, 'train'), test: mixed(test, 'test') };
}

/** In an order drawn from a stream of their own. */
function mixed(pictures: readonly Picture[], name: string): Picture[] {
  const order = permutation(pictures.length, stream(0).split('folder').split(name));
  return Array.from(order, (place) => pictures[place]);
}

const entriesOf = (path: string) => onDisk('read', path, () => readdir(path, { withFileTypes: true }));

/** In the order of their names; hidden ones left out. */
async function foldersIn(path: string): Promise<string[]> {
  const found = (await entriesOf(path)).filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'));
  return found.map(({ name }) => name).sort();
}

async function picturesOf(directory: string, classes: readonly string[]): Promise<Picture[]> {
  const pictures: Picture[] = [];
  for (const [label, name] of classes.entries()) {
    const files = (await entriesOf(join(directory, name))).filter((entry) => /^[^.].*\.png$/i.test(entry.name));
    if (files.length === 0) throw fileError(join(directory, name), 'PNG files', 'none');
    const paths = files.map((file) => join(directory, name, file.name)).sort();
    pictures.push(...paths.map((path) => ({ path, label })));
  }
  return pictures;
}

async function readPictures(
  directory: string,
  pictures: readonly Picture[],
  shape: Dataset['shape'],
  first: string,
  signal: AbortSignal | undefined,
): Promise<LabelledImages> {
  const size = shape[0] * shape[1] * shape[2];
  const pixels = sharedBytes(directory, pictures.length * size);
  const labels = sharedBytes(directory, pictures.length);
  for (const [i, { path, label }] of pictures.entries()) {
    signal?.throwIfAborted();
    const picture = await readPicture(path);
    if (shapeText(picture.shape) !== shapeText(shape)) {
      throw fileError(path, `${shapeText(shape)} (channels, rows, columns), as ${first} has`, shapeText(picture.shape));
    }
    pixels.set(picture.planes, i * size);
    labels[i] = label;
  }
  return { pixels, labels, count: pictures.length };
}

/** Mean and standard deviation of each channel's pixels, in [0, 1]. */
function statistics(
  directory: string,
  { pixels, count }: LabelledImages,
  channels: number,
): Pick<Dataset, 'mean' | 'std'> {
  const plane = pixels.length / count / channels;
  const sums = Array.from({ length: channels }, () => ({ sum: 0, squares: 0 }));
  for (let p = 0; p < pixels.length; p++) {
    const own = sums[Math.floor(p / plane) % channels];
    own.sum += pixels[p] / 255;
    own.squares += (pixels[p] / 255) ** 2;
  }
  const mean = sums.map(({ sum }) => sum / (plane * count));
  const std = sums.map(({ squares }, c) => Math.sqrt(Math.max(0, squares / (plane * count) - mean[c] ** 2)));
  if (std.every((deviation) => deviation > 1e-6)) return { mean, std };
  throw fileError(directory, 'pictures that differ', 'a channel in which all pixels are the same');
}
