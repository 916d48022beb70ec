import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { test } from 'tap';
import { type ExpectedDimensions, readIdx } from '../../../src/datasets/formats/idx.js';
import { UserError } from '../../../src/errors.js';
import { bomb } from '../../fuzz/inputs/idx.js';
import { idxBytes } from './idx-bytes.js';

const small = idxBytes([2, 2, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);

test('an IDX file gives its dimensions, its values in shared memory and the SHA-256 of its bytes', async (t) => {
  const path = join(t.testdir(), 'file');
  await writeFile(path, small);
  const file = await readIdx(path, ['any', 2, 3]);
  t.same(file.dimensions, [2, 2, 3]);
  t.same([...file.data], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  t.ok(file.data.buffer instanceof SharedArrayBuffer);
  t.equal(file.data.buffer.byteLength, 12, 'the header takes no part of the shared memory');
  // From sha256sum, of the same 28 bytes made with printf.
  t.equal(file.sha256, 'f7169b91c01c82a1c0c44aee0f6db5b5a609be8d0ba16e2ded674fe748c45dfe');
});

test('a gzip file is known by its first bytes, whatever its name, and its SHA-256 is of the unzipped bytes', async (t) => {
  const directory = t.testdir();
  await writeFile(join(directory, 'plain'), small);
  await writeFile(join(directory, 'zipped'), gzipSync(small));
  await writeFile(join(directory, 'unzipped-by-a-browser.gz'), small);
  const plain = await readIdx(join(directory, 'plain'), [2, 2, 3]);
  t.same(await readIdx(join(directory, 'zipped'), [2, 2, 3]), plain);
  t.same(await readIdx(join(directory, 'unzipped-by-a-browser.gz'), [2, 2, 3]), plain);
});

const manyValues = idxBytes(
  [300_000],
  new Uint8Array(300_000).map((_, i) => (i * 2654435761) >>> 24),
);

const mistakes: Record<string, { bytes: Buffer; expected?: ExpectedDimensions; message: RegExp }> = {
  'an empty file': { bytes: Buffer.alloc(0), message: /expected an IDX header of 16 bytes, found a file of 0 bytes/ },
  'a header cut off': { bytes: small.subarray(0, 9), message: /an IDX header of 16 bytes, found a file of 9 bytes/ },
  'a file that is not IDX': {
    bytes: Buffer.from('<!DOCTYPE html><html>'),
    message: /expected an IDX file \(two zero bytes, then a type\), found the first bytes 3c21444f/,
  },
  'an unknown type byte': {
    bytes: Buffer.concat([Buffer.from([0, 0, 7, 3]), small.subarray(4)]),
    message: /found the first bytes 00000703/,
  },
  'another type': {
    bytes: Buffer.concat([Buffer.from([0, 0, 13, 3]), small.subarray(4)]),
    message: /expected an IDX file of unsigned bytes, found 32-bit floats/,
  },
  'labels in the place of images': {
    bytes: idxBytes([3], [1, 2, 3]),
    message: /expected an IDX file of 3 dimensions \(images\), found one of 1 dimension \(labels\)/,
  },
  'images in the place of labels': {
    bytes: small,
    expected: ['any'],
    message: /expected an IDX file of 1 dimension \(labels\), found one of 3 dimensions \(images\)/,
  },
  'other dimensions': {
    bytes: small,
    expected: ['any', 28, 28],
    message: /expected an IDX file of any x 28 x 28 values, found one of 2 x 2 x 3/,
  },
  'no images at all': { bytes: idxBytes([0, 2, 3], []), message: /of any x 2 x 3 values, found one of 0 x 2 x 3/ },
  'a value too few': { bytes: small.subarray(0, 27), message: /28 bytes \(its header says 2 x 2 x 3\), found 27\.$/ },
  'a value too many': { bytes: Buffer.concat([small, Buffer.from([0])]), message: /expected 28 bytes .*, found more/ },
  'a zipped file that holds too few values': {
    bytes: gzipSync(small.subarray(0, 27)),
    message: /expected 28 bytes .*, found 27/,
  },
  'a header that promises terabytes': {
    bytes: idxBytes([4294967295, 2, 3], [1, 2, 3]),
    message: /expected 25769803786 bytes .*, found 19\.$/,
  },
  'a zipped header that promises terabytes': {
    bytes: gzipSync(idxBytes([4294967295, 2, 3], [1, 2, 3])),
    message:
      /expected 25769803786 bytes .*, found a gzip file of \d+, of which at most 580000\d\d are unzipped\. If it/,
  },
  'a gzip file cut off': {
    bytes: gzipSync(manyValues).subarray(0, -1000),
    expected: ['any'],
    message: /expected a whole zipped file, found one that is cut off/,
  },
  'a gzip file with a damaged byte': {
    bytes: damaged(gzipSync(manyValues), -1000),
    expected: ['any'],
    message: /expected an intact zipped file, found a damaged one/,
  },
};

for (const [name, { bytes, expected, message }] of Object.entries(mistakes)) {
  test(`${name}: the error names the file, what was expected and what was found`, async (t) => {
    const path = join(t.testdir(), 'the-file');
    await writeFile(path, bytes);
    const error = await readIdx(path, expected ?? ['any', 2, 3]).then(
      () => t.fail('no error'),
      (thrown: unknown) => thrown,
    );
    t.ok(error instanceof UserError, String(error));
    t.match((error as Error).message, message);
    t.ok((error as Error).message.startsWith(`${path}: `), 'the file is named');
  });
}

test('a missing file or a folder in its place is an error that names it', async (t) => {
  const directory = t.testdir({ folder: {} });
  const refused = (name: string, found: string) =>
    t.rejects(readIdx(join(directory, name), ['any']), {
      name: 'UserError',
      message: new RegExp(`${name}: (expected a file that can be read, found )?${found}`),
    });
  await refused('missing', 'there is no such file or folder');
  await refused('folder', 'a folder');
  if (spawnSync('mkfifo', [join(directory, 'pipe')]).status === 0) await refused('pipe', 'a device');
});

test('a gzip file is unzipped up to 58 MB beyond its size, so that a bomb takes no gigabyte', async (t) => {
  const path = join(t.testdir(), 'bomb');
  const promising = (values: number) => bomb(idxBytes([values], []));
  await writeFile(path, promising(50_000_000));
  await t.rejects(readIdx(path, ['any']), /expected 50000008 bytes \(its header says 50000000\), found more/);
  await writeFile(path, promising(2 ** 30));
  await t.rejects(
    readIdx(path, ['any']),
    /expected 1073741832 bytes .* at most \d+ are unzipped\. .* unzip it and give/,
  );
});

function damaged(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[copy.length + at] ^= 0xff;
  return copy;
}
