import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { type Test, test } from 'tap';
import { fashionMnist, fetchFashionMnist } from '../../src/datasets/fashion-mnist.js';
import { idxFiles } from '../../src/datasets/formats/idx-dataset.js';
import { datasets } from '../../src/datasets/index.js';
import { LOCAL, startBadServer } from './fetch/bad-server.js';
import { idxBytes } from './formats/idx-bytes.js';
import { countPerClass, pixelStatistics } from './statistics.js';

const contents = [
  idxBytes([3, 28, 28], new Uint8Array(3 * 784).fill(7)),
  idxBytes([3], [1, 2, 3]),
  idxBytes([2, 28, 28], new Uint8Array(2 * 784).fill(8)),
  idxBytes([2], [4, 5]),
];
const [trainImages, trainLabels, testImages, testLabels] = contents.map((bytes) =>
  createHash('sha256').update(bytes).digest('hex'),
);
const files = idxFiles({ trainImages, trainLabels, testImages, testLabels });

async function setUp(t: Test) {
  const server = await startBadServer(t);
  for (const [index, { name }] of files.entries()) server.files.set(`/${name}.gz`, gzipSync(contents[index]));
  const folder = join(t.testdir(), 'data', 'fashion-mnist');
  const options = { settings: LOCAL, patience: { attempts: 2, pause: 1, stall: 1000 } };
  return { server, folder, run: () => fetchFashionMnist(folder, files, `${server.address}/`, options) };
}

test('Fashion-MNIST is a row of the table, with where it comes from and its licence', (t) => {
  t.equal(datasets['fashion-mnist'], fashionMnist);
  t.match(fashionMnist.source, /fashion-mnist\.s3-website/);
  t.match(fashionMnist.licence, /^MIT/);
  t.equal(fashionMnist.folder(), join('data', 'fashion-mnist'));
  t.end();
});

test('the four files come as they are served, checked by their unzipped bytes', async (t) => {
  const { server, folder, run } = await setUp(t);
  server.behaviours.push('drop');
  await run();
  t.same((await readdir(folder)).sort(), files.map(({ name }) => `${name}.gz`).sort());
  t.equal(server.requests.length, 5);
  await run();
  t.equal(server.requests.length, 5, 'what is there and verified is not fetched again');
});

test('only what is missing or damaged is fetched, and a damaged copy under another name goes', async (t) => {
  const { server, folder, run } = await setUp(t);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'train-images.idx3-ubyte'), contents[0]);
  await writeFile(join(folder, 'train-labels-idx1-ubyte'), 'damaged');
  await run();
  t.same(
    server.requests,
    files.slice(1).map(({ name }) => `/${name}.gz`),
  );
  t.same((await readdir(folder)).sort(), [
    't10k-images-idx3-ubyte.gz',
    't10k-labels-idx1-ubyte.gz',
    'train-images.idx3-ubyte',
    'train-labels-idx1-ubyte.gz',
  ]);
});

test('files that are not the published ones are refused, with the checksums and what to do by hand', async (t) => {
  const { server, folder, run } = await setUp(t);
  server.files.set('/t10k-labels-idx1-ubyte.gz', gzipSync(idxBytes([2], [4, 4])));
  await t.rejects(run(), {
    name: 'UserError',
    message: new RegExp(
      `^t10k-labels-idx1-ubyte\\.gz: expected the SHA-256 ${testLabels}, found [0-9a-f]{64}\\.\n` +
        'By hand: put train-images-idx3-ubyte\\.gz, .* from http://127.* into .*fashion-mnist .* with --data\\.$',
    ),
  });
  t.notOk(existsSync(join(folder, 't10k-labels-idx1-ubyte.gz')));

  server.files.set('/t10k-labels-idx1-ubyte.gz', gzipSync(contents[3]).subarray(0, 20));
  await t.rejects(run(), { name: 'UserError', message: /found none \(unexpected end of file\)/ });
});

/** Here, or where Debian's package dataset-fashion-mnist puts it. */
const real = [fashionMnist.folder(), '/usr/share/datasets/fashion-mnist'].find((folder) =>
  existsSync(join(folder, 'train-images-idx3-ubyte.gz')),
);

test('the real Fashion-MNIST has 6,000 + 1,000 images of each class, and the mean and deviation that are stated', {
  skip: real === undefined ? 'neither data/fashion-mnist nor the Debian package dataset-fashion-mnist is here' : false,
}, async (t) => {
  const { train, test, shape, classes, mean, std } = await fashionMnist.load({ directory: real });
  t.same(countPerClass(train.labels, 10), new Array(10).fill(6000));
  t.same(countPerClass(test.labels, 10), new Array(10).fill(1000));
  t.same(classes[train.labels[0]], 'Ankle boot');
  const measured = pixelStatistics(train.pixels, shape);
  t.same(mean, [0.286]);
  t.same(std, [0.353]);
  t.same(
    measured.mean.map((value) => Number(value.toFixed(4))),
    mean,
  );
  t.same(
    measured.std.map((value) => Number(value.toFixed(4))),
    std,
  );
  for (const { name, sha256 } of fashionMnist.files) {
    const zipped = await readFile(join(real!, `${name}.gz`));
    t.equal(createHash('sha256').update(gunzipSync(zipped)).digest('hex'), sha256, name);
  }
});
