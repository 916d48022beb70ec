import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { encode } from 'fast-png';
import { test } from 'tap';
import { folder } from '../../src/datasets/folder.js';
import { UserError } from '../../src/errors.js';

/** Writes a picture of `width` x `height`, whose every pixel is the given colour. */
function paint(path: string, colour: readonly number[], width = 3, height = 2): void {
  mkdirSync(dirname(path), { recursive: true });
  const data = Uint8Array.from({ length: width * height * colour.length }, (_, p) => colour[p % colour.length]);
  writeFileSync(path, encode({ width, height, data, channels: colour.length }));
}

test('a folder for each class: a fifth of each is kept for the test, the same at every reading, classes mixed', async (t) => {
  const directory = t.testdir();
  for (let i = 0; i < 10; i++) {
    paint(join(directory, 'cats', `${i}.png`), [i, 100, 200]);
    paint(join(directory, 'dogs', `${i}.PNG`), [10 * i, 0, 255]);
  }
  writeFileSync(join(directory, 'cats', 'notes.txt'), 'no picture');
  const { classes, shape, train, test: kept, mean, std } = await folder.load({ directory });
  t.same([classes, shape, train.count, kept.count], [['cats', 'dogs'], [3, 2, 3], 16, 4]);
  t.same([...kept.labels].sort(), [0, 0, 1, 1]);
  t.ok(new Set(train.labels.slice(0, 8)).size === 2, 'the first ones are of both classes');
  const image = train.pixels.subarray(0, 18);
  t.same(image.slice(6, 12), new Uint8Array(6).fill(train.labels[0] === 0 ? 100 : 0), 'a plane after the other');
  t.ok(Math.abs(mean[2] - (200 + 255) / 2 / 255) < 0.01 && std[2] > 0.1);
  const again = await folder.load({ directory });
  t.same(again.train.pixels, train.pixels);
});

test('train/ and test/ with the same classes are taken as they are; grey pictures have one channel', async (t) => {
  const directory = t.testdir();
  for (const split of ['train', 'test']) for (const name of ['a', 'b', 'c']) paint(join(directory, split, name, '1.png'), [name.charCodeAt(0)]); // biome-ignore format: one line
  const { classes, shape, train, test: kept } = await folder.load({ directory });
  t.same([classes, shape, train.count, kept.count], [['a', 'b', 'c'], [1, 2, 3], 3, 3]);
});

test('what is no such folder is refused by name', async (t) => {
  const refused = async (make: (directory: string) => void, message: RegExp) => {
    const directory = t.testdir();
    make(directory);
    await t.rejects(folder.load({ directory }), { constructor: UserError, message });
  };
  await t.rejects(folder.load(), { constructor: UserError, message: /Which pictures\?/ });
  await t.rejects(folder.load({ directory: 'nowhere' }), { constructor: UserError, message: /nowhere/ });
  await refused(() => {}, /expected folders of 2 to 256 classes, found 0/);
  const two = (d: string) => {
    for (const name of ['a', 'b']) for (const i of [1, 2]) paint(join(d, name, `${i}.png`), [40 * i]);
  };
  const also = (change: (d: string) => void) => (d: string) => {
    two(d);
    change(d);
  };
  await refused(
    also((d) => mkdirSync(join(d, 'c'))),
    /c: expected PNG files, found none/,
  );
  await refused(
    also((d) => paint(join(d, 'a', '3.png'), [9], 4)),
    /expected \[1, 2, [34]\] \(channels, rows, columns\), as .* has, found \[1, 2, [34]\]/,
  );
  await refused(
    also((d) => writeFileSync(join(d, 'b', '3.png'), 'no PNG')),
    /3\.png: expected a PNG/,
  );
  await refused(also((d) => paint(join(d, 'b', '3.png'), [1, 2, 3, 4])), /without transparency or palette, found 8-bit ones of colour type 6/); // biome-ignore format: one line
  await refused((d) => {
    for (const name of ['a', 'b']) for (const i of [1, 2]) paint(join(d, name, `${i}.png`), [7]);
  }, /expected pictures that differ/);
  await refused((d) => {
    two(join(d, 'train'));
    paint(join(d, 'test', 'a', '1.png'), [1]);
  }, /test: expected the classes of train, a, b, found a/);
  await refused(
    also((d) => paint(join(d, 'c', '1.png'), [1])),
    /c: expected two pictures at least, one for the test, found 1/,
  );
});
