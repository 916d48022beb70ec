import { mkdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'tap';
import { cifar10 } from '../../src/datasets/cifar10.js';
import { datasets } from '../../src/datasets/index.js';
import { copyFixture, FIXTURE, RECORD } from './cifar10-fixture.js';

test('CIFAR-10 is a row of the table, with where it comes from and its licence', (t) => {
  t.equal(datasets.cifar10, cifar10);
  t.match(cifar10.source, /cs\.toronto\.edu/);
  t.match(cifar10.licence, /None stated/);
  t.equal(cifar10.folder(), join('data', 'cifar10'));
  t.end();
});

test('records are read as labels and planes, the five training files in order', async (t) => {
  const { name, shape, classes, train, test } = await cifar10.load({ directory: FIXTURE });
  t.equal(name, 'cifar10');
  t.same(shape, [3, 32, 32]);
  t.equal(train.count, 30);
  t.equal(test.count, 6);
  // The first images of the data set: frog, truck, truck, deer, automobile, automobile; cat, ship, ship, airplane, ...
  t.same(
    [...train.labels.subarray(0, 6)].map((label) => classes[label]),
    ['frog', 'truck', 'truck', 'deer', 'automobile', 'automobile'],
  );
  t.same([...test.labels], [3, 8, 8, 0, 6, 6]);
  // Red, green and blue of the frog's first pixel, as every CIFAR-10 tutorial prints it.
  t.same(
    [0, 1024, 2048].map((at) => train.pixels[at]),
    [59, 62, 63],
  );
  const third = await readFile(join(FIXTURE, 'data_batch_3.bin'));
  t.equal(train.labels[14], third[2 * RECORD]);
  t.same(train.pixels.slice(14 * 3072, 15 * 3072), Uint8Array.from(third.subarray(2 * RECORD + 1, 3 * RECORD)));
  t.ok(train.pixels.buffer instanceof SharedArrayBuffer);
  t.ok(test.labels.buffer instanceof SharedArrayBuffer);
});

const mistakes: Record<string, { change: (folder: string) => Promise<void>; message: RegExp }> = {
  'a missing file': {
    change: (folder) => rm(join(folder, 'data_batch_4.bin')),
    message: /expected the file data_batch_4\.bin, found only data_batch_1\.bin, data_batch_2/,
  },
  'a file cut off inside a record': {
    change: async (folder) => {
      const path = join(folder, 'test_batch.bin');
      await writeFile(path, (await readFile(path)).subarray(0, 5000));
    },
    message: /test_batch\.bin: expected records of 3073 bytes .*, found 5000 bytes/,
  },
  'an empty file': {
    change: (folder) => writeFile(join(folder, 'data_batch_1.bin'), ''),
    message: /data_batch_1\.bin: expected records of 3073 bytes .*, found 0 bytes/,
  },
  'a file whose length nobody has memory for': {
    change: (folder) => truncate(join(folder, 'test_batch.bin'), RECORD * 2 ** 30),
    message: /expected a file that fits into memory, found one that needs 3298534883328 bytes/,
  },
  'a folder in the place of a file': {
    change: async (folder) => {
      await rm(join(folder, 'data_batch_3.bin'));
      await mkdir(join(folder, 'data_batch_3.bin'));
    },
    message: /data_batch_3\.bin: expected a file that can be read, found a folder/,
  },
  'a label that is no class': {
    change: async (folder) => {
      const path = join(folder, 'data_batch_2.bin');
      const bytes = await readFile(path);
      bytes[4 * RECORD] = 10;
      await writeFile(path, bytes);
    },
    message: /data_batch_2\.bin: expected labels from 0 to 9, found the label 10 \(image 4\)/,
  },
};

for (const [name, { change, message }] of Object.entries(mistakes)) {
  test(`${name} is an error that names the file`, async (t) => {
    const directory = await copyFixture(t.testdir());
    await change(directory);
    await t.rejects(cifar10.load({ directory }), { name: 'UserError', message });
  });
}
