import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { type Test, test } from 'tap';
import { readLabels, recordsFromPng } from '../../../src/datasets/formats/cifar10-png.js';
import { FIXTURE, pngOf, RECORD } from '../cifar10-fixture.js';
import { pngOfLines } from './png-bytes.js';

async function fileOf(t: Test, bytes: Uint8Array | string): Promise<string> {
  const path = join(t.testdir(), 'the-file');
  await writeFile(path, bytes);
  return path;
}

test('a PNG of one image a row becomes the very records it was made of', async (t) => {
  const records = await readFile(join(FIXTURE, 'data_batch_5.bin'));
  const labels = [0, 1, 2, 3, 4, 5].map((image) => records[image * RECORD]);
  const made = await recordsFromPng(await fileOf(t, pngOf(records)), [...labels, 7]);
  t.equal(made.count, 6);
  t.ok(records.equals(made.records));
});

test('a PNG of another form, or with too few labels, is refused by name', async (t) => {
  const path = await fileOf(t, pngOf(await readFile(join(FIXTURE, 'test_batch.bin'))));
  await t.rejects(recordsFromPng(path, [1, 2, 3, 4, 5]), {
    name: 'UserError',
    message: /the-file: expected 1 to 5 rows \(there are 5 labels\) of 1024 pixels, found 6 of 1024/,
  });
  const narrow = await fileOf(t, pngOfLines({ width: 1, height: 1 }, [0, 0, 0, 0]));
  await t.rejects(recordsFromPng(narrow, [1]), { name: 'UserError', message: /found 1 of 1\./ });
  const grey = await fileOf(t, encode({ width: 1024, height: 1, channels: 1, data: new Uint8Array(1024) }));
  await t.rejects(recordsFromPng(grey, [1]), {
    name: 'UserError',
    message: /expected 8-bit RGB \(colour type 2\), found 8-bit of colour type 0/,
  });
  await t.rejects(recordsFromPng(join(path, 'none'), [1]), { name: 'UserError', message: /ENOTDIR/ });
});

test('labels are a list of class indices, or refused by name', async (t) => {
  t.same(await readLabels(await fileOf(t, '[0, 9,3]\n')), [0, 9, 3]);
  for (const text of ['[10]', '[-1]', '[1.5]', '["1"]', '[null]', '{"0":1}', '7']) {
    const path = await fileOf(t, text);
    await t.rejects(readLabels(path), {
      name: 'UserError',
      message: /the-file: expected a list of labels from 0 to 9/,
    });
  }
  await t.rejects(readLabels(await fileOf(t, '[1,')), { name: 'UserError', message: /the-file is not JSON/ });
  await t.rejects(readLabels(await fileOf(t, ' '.repeat(1_000_001))), {
    name: 'UserError',
    message: /at most 1000000/,
  });
});
