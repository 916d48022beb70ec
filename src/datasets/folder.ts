/** Pictures of one's own: a folder for each class, with PNG, JPEG and WebP files of one size. */
import { join } from 'node:path';
import { UserError } from '../errors.js';
import { type ClassIndices, classIndices, MOST_CLASSES } from '../tensor/class-indices.js';
import { permutation, stream } from '../tensor/random.js';
import { megabytes, printableName } from '../words.js';
import type { Dataset, DatasetSource, LabelledImages, LeftOut } from './dataset.js';
import { fileError, sharedBytes } from './formats/files.js';
import { openPicture, planesOf } from './formats/picture.js';
import { foldersIn, LeftOutList, picturesIn } from './formats/picture-files.js';

/** The share of each class that is kept for the test, where nobody has split them. */
const TEST_SHARE = 0.2;
/** Folders of training images, and beside them of test images, in any case: of the latter the first with class folders. */
const TRAINS = ['train', 'training'];
const TESTS = ['test', 'val', 'valid', 'validation', 'testing'];

const HOW =
  'a folder for each class with its PNG, JPEG or WebP files, all of one size, or train/ and test/ (or val/) with such folders, given with --data';

const MORE = `Add a picture, or split them yourself into train/ and test/.`;
const NO_PICTURES = 'Add pictures of the class, or remove the folder everywhere.';

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
  async load({ directory, onProgress, signal } = {}) {
    if (directory === undefined) throw new UserError(`Which pictures? They are ${HOW}.`);
    return await loadFolder(directory, onProgress, signal);
  },
};

/** A picture's file, and its class. */
interface Picture {
  readonly path: string;
  readonly label: number;
}

/** The pictures that a folder holds. */
interface Found {
  readonly classes: readonly string[];
  readonly train: readonly Picture[];
  readonly test: readonly Picture[];
  /** Where the test images come from, for people. */
  readonly tested: string;
}

async function loadFolder(
  directory: string,
  onProgress: ((message: string) => void) | undefined,
  signal: AbortSignal | undefined,
): Promise<Dataset> {
  const list = new LeftOutList();
  const found = await findPictures(directory, list);
  const { classes, train, test } = found;
  const shape = await commonShape([...train, ...test], signal);
  const read = (pictures: readonly Picture[]) => readPictures(directory, pictures, classes.length, shape, signal);
  const [trained, kept] = [await read(train), await read(test)];
  const leftOut = list.list();
  onProgress?.(readText(found, shape));
  const onWhite = trained.onWhite + kept.onWhite;
  if (onWhite > 0) onProgress?.(`Images with transparent pixels: ${onWhite}. They are composited on white.`);
  for (const reason of leftOut) onProgress?.(leftOutText(reason));
  return {
    name: 'folder',
    shape,
    classes,
    ...statistics(directory, trained.images, shape[0]),
    train: trained.images,
    test: kept.images,
    leftOut,
  };
}

/** `Left out: 14 (not a PNG, JPEG or WebP file): cats/notes.txt, …` */
const leftOutText = ({ why, count, examples }: LeftOut): string =>
  `Left out: ${count} (${why}): ${examples.map(printableName).join(', ')}${count > examples.length ? ', …' : ''}`;

/** What was read, in a sentence. */
function readText({ classes, train, test, tested }: Found, [channels, rows, columns]: Dataset['shape']): string {
  const count = train.length + test.length;
  const size = megabytes(count * channels * rows * columns);
  const kind = `${rows} × ${columns} pixels, ${channels === 1 ? 'grey' : 'in colour'}`;
  return `Read ${count} images of ${kind}, in ${classes.length} classes: ${train.length} for training and ${test.length} for the test (${tested}). They take ${size} of memory.`;
}

/**
 * The pictures for training and for test, in an order that depends on their names alone and mixes the classes, so that
 * the first ones are of all kinds.
 */
async function findPictures(directory: string, leftOut: LeftOutList): Promise<Found> {
  const names = await foldersIn(directory, '', leftOut);
  const [trained] = called(TRAINS, names);
  const tests = trained === undefined ? undefined : await testFolder(directory, called(TESTS, names));
  if (trained !== undefined && tests !== undefined) {
    for (const name of names) {
      if (name === trained || name === tests) continue;
      leftOut.add(`${trained}/ and ${tests}/ are read, and no other folder`, `${name}/`);
    }
    return await findSplit(directory, trained, tests, leftOut);
  }
  if (names.length === 1 && trained !== undefined) {
    throw new UserError(
      `${directory}: found ${trained}/ alone, expected test images beside it, in ${TESTS.map((name) => `${name}/`).join(' or ')}. Add such a folder; or give ${join(directory, trained)} with --data, and a fifth of each class is kept for the test.`,
    );
  }
  checkClasses(directory, names);
  const [train, test]: [Picture[], Picture[]] = [[], []];
  for (const [label, name] of names.entries()) {
    const own = mixed(await picturesOf(directory, '', name, label, leftOut), name);
    if (own.length < 2)
      throw fileError(join(directory, name), 'two pictures at least, one for the test', `${own.length}`, MORE);
    const kept = Math.max(1, Math.round(TEST_SHARE * own.length));
    test.push(...own.slice(0, kept));
    train.push(...own.slice(kept));
  }
  return {
    ...{ classes: names, train: mixed(train, 'train'), test: mixed(test, 'test') },
    tested: `a fifth of each class`,
  };
}

/** The folders that have one of these names, in the order of these; written exactly so before in another case. */
const called = (wanted: readonly string[], names: readonly string[]): string[] =>
  wanted.flatMap((want) => {
    const same = names.filter((name) => name.toLowerCase() === want);
    return same.includes(want) ? [want] : same;
  });

/** Which of the folders holds the test images; undefined if there is none. */
async function testFolder(directory: string, there: readonly string[]): Promise<string | undefined> {
  for (const name of there) {
    if ((await foldersIn(join(directory, name), '', new LeftOutList())).length > 0) return name;
  }
  return there[0];
}

/** The pictures of a folder whose owner has split them. */
async function findSplit(directory: string, trained: string, tests: string, leftOut: LeftOutList): Promise<Found> {
  const classes = await foldersIn(join(directory, trained), `${trained}/`, leftOut);
  checkClasses(join(directory, trained), classes);
  const tested = await foldersIn(join(directory, tests), `${tests}/`, leftOut);
  checkSame(directory, [trained, classes], [tests, tested]);
  const all = async (split: string) => {
    const pictures: Picture[] = [];
    for (const [label, name] of classes.entries()) {
      for (const each of await picturesOf(join(directory, split), `${split}/`, name, label, leftOut))
        pictures.push(each);
    }
    return pictures;
  };
  const [train, test] = [await all(trained), await all(tests)];
  return { classes, train: mixed(train, 'train'), test: mixed(test, 'test'), tested: `those in ${tests}/` };
}

/** The number of class folders that a message names. */
const NAMED = 5;

/** One part of a split: its folder's name, and those of its class folders. */
type Part = readonly [name: string, classes: readonly string[]];

/** @throws {UserError} that names the classes which one of the two folders lacks, the first few where there are many */
function checkSame(directory: string, [train, trained]: Part, [tests, tested]: Part): void {
  const lacking = (names: readonly string[], others: readonly string[]): string[] => {
    const there = new Set(others);
    return names.filter((name) => !there.has(name));
  };
  const told = (missing: readonly string[], folder: string): string[] =>
    missing.length === 0
      ? []
      : [
          `${missing.length} missing from ${folder}/: ${missing.slice(0, NAMED).join(', ')}${missing.length > NAMED ? ', …' : ''}`,
        ];
  const [untested, untrained] = [lacking(trained, tested), lacking(tested, trained)];
  const differences = [...told(untested, tests), ...told(untrained, train)];
  if (differences.length === 0) return;
  const normalized = new Set(untrained.map((name) => name.normalize()));
  const alike = untested.find((name) => normalized.has(name.normalize()));
  const why =
    alike === undefined
      ? ''
      : ` ${alike} looks the same in both folders, but has different code points (Unicode NFC and NFD): copy the name in ${train}/ to ${tests}/.`;
  const counts = `${tested.length} class folders, where ${train}/ has ${trained.length}`;
  throw new UserError(
    `${join(directory, tests)}: expected the classes of ${train}/, found ${counts} (${differences.join('; ')}). Give both the same class folders, with at least one picture in each.${why}`,
  );
}

function checkClasses(directory: string, { length }: readonly string[]): void {
  if (length < 2 || length > MOST_CLASSES)
    throw fileError(directory, `folders of 2 to ${MOST_CLASSES} classes`, `${length}`, `Give ${HOW}.`);
}

/** In an order drawn from a stream of their own. */
function mixed(pictures: readonly Picture[], name: string): Picture[] {
  const order = permutation(pictures.length, stream(0).split('folder').split(name));
  return Array.from(order, (place) => pictures[place]);
}

/** @param below how messages call `directory`, with `/` at the end */
async function picturesOf(
  directory: string,
  below: string,
  name: string,
  label: number,
  leftOut: LeftOutList,
): Promise<Picture[]> {
  const path = join(directory, name);
  const files = await picturesIn(path, `${below}${name}/`, leftOut);
  if (files.length === 0) throw fileError(path, 'PNG, JPEG or WebP files', 'none', NO_PICTURES);
  return files.map((file) => ({ path: join(path, file), label }));
}

/**
 * The shape of all pictures: of one channel where all are grey, else of three.
 *
 * @throws {UserError} that names the first picture that is of another size, cut off or of a format that isn't read
 */
async function commonShape(pictures: readonly Picture[], signal: AbortSignal | undefined): Promise<Dataset['shape']> {
  let first: { readonly width: number; readonly height: number } | undefined;
  let channels = 1;
  for (const { path } of pictures) {
    signal?.throwIfAborted();
    const { width, height, grey } = await openPicture(path);
    first ??= { width, height };
    if (width !== first.width || height !== first.height) {
      const size = `${first.height} x ${first.width} pixels (rows x columns), as ${pictures[0].path} has`;
      throw fileError(path, size, `${height} x ${width}`, 'Scale or crop all pictures to one size.');
    }
    if (!grey) channels = 3;
  }
  if (!first) throw new Error('there are no pictures');
  return [channels, first.height, first.width];
}

/** Labels that all threads see. */
const sharedLabels = (directory: string, count: number, classes: number): ClassIndices => {
  const { BYTES_PER_ELEMENT: bytes } = classIndices(0, classes);
  const shared = sharedBytes(directory, count * bytes);
  return bytes === 1 ? shared : new Uint16Array(shared.buffer);
};

async function readPictures(
  directory: string,
  pictures: readonly Picture[],
  classes: number,
  shape: Dataset['shape'],
  signal: AbortSignal | undefined,
): Promise<{ readonly images: LabelledImages; readonly onWhite: number }> {
  const size = shape[0] * shape[1] * shape[2];
  const pixels = sharedBytes(directory, pictures.length * size);
  const labels = sharedLabels(directory, pictures.length, classes);
  let onWhite = 0;
  for (const [i, { path, label }] of pictures.entries()) {
    signal?.throwIfAborted();
    const picture = await planesOf(path, await openPicture(path), shape);
    pixels.set(picture.planes, i * size);
    labels[i] = label;
    if (picture.onWhite) onWhite++;
  }
  return { images: { pixels, labels, count: pictures.length }, onWhite };
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
