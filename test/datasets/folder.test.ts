import { copyFileSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
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
  await refused(() => {}, /expected folders of 2 to 65536 classes, found 0\. Give a folder for each class/);
  const two = (d: string) => {
    for (const name of ['a', 'b']) for (const i of [1, 2]) paint(join(d, name, `${i}.png`), [40 * i]);
  };
  const also = (change: (d: string) => void) => (d: string) => {
    two(d);
    change(d);
  };
  await refused(
    also((d) => mkdirSync(join(d, 'c'))),
    /c: expected PNG, JPEG or WebP files, found none\. Add pictures of the class/,
  );
  await refused(
    also((d) => paint(join(d, 'a', '3.png'), [9], 4)),
    /expected 2 x [34] pixels \(rows x columns\), as .* has, found 2 x [34]\. Scale or crop all pictures to one size\.$/,
  );
  await refused(
    also((d) => writeFileSync(join(d, 'b', '3.png'), 'no PNG')),
    /3\.png: expected a PNG, JPEG or WebP picture, found a file that begins with the bytes 6e6f/,
  );
  await refused((d) => {
    for (const name of ['a', 'b']) for (const i of [1, 2]) paint(join(d, name, `${i}.png`), [7]);
  }, /expected pictures that differ/);
  await refused((d) => {
    two(join(d, 'train'));
    paint(join(d, 'test', 'a', '1.png'), [1]);
  }, /test: expected the classes of train\/, found 1 class folders, where train\/ has 2 \(1 missing from test\/: b\)\. Give both/);
  await refused((d) => two(join(d, 'train')), /found train\/ alone, .* in test\/ or val\/ .*train with --data/);
  await refused(
    also((d) => paint(join(d, 'c', '1.png'), [1])),
    /c: expected two pictures at least, one for the test, found 1\. Add a picture, or split them/,
  );
});

test('where one of 300 classes is missing from test/, or is there alone, the message names it and not the others', async (t) => {
  const directory = t.testdir();
  const name = (c: number) => `c${String(c).padStart(3, '0')}`;
  for (let c = 0; c < 300; c++) {
    mkdirSync(join(directory, 'train', name(c)), { recursive: true });
    if (c !== 77) mkdirSync(join(directory, 'test', name(c)), { recursive: true });
  }
  const refusal = async () => {
    const { message } = (await folder.load({ directory }).catch((error) => error)) as Error;
    return message.slice(join(directory, 'test').length);
  };
  const one = await refusal();
  t.match(one, /found 299 class folders, where train\/ has 300 \(1 missing from test\/: c077\)/);
  t.notMatch(one, /c076|c078/);
  for (let c = 900; c < 920; c++) mkdirSync(join(directory, 'test', name(c)));
  t.match(await refusal(), /test\/: c077; 20 missing from train\/: c900, c901, c902, c903, c904, …\)/);
});

const PICTURES = join('test', 'fixtures', 'pictures');

/** Copies a picture of the fixtures, 13 x 19 pixels, to a path. */
function copy(name: string, path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  copyFileSync(join(PICTURES, name), path);
}

/** Loads a folder, and what is said of it. */
async function loaded(directory: string) {
  const said: string[] = [];
  const dataset = await folder.load({ directory, onProgress: (line) => said.push(line) });
  return { ...dataset, said };
}

test('PNG, JPEG and WebP files in one class are all read, and grey ones among coloured ones get three channels', async (t) => {
  const directory = t.testdir();
  for (const name of ['rgb.png', '420.jpg', 'lossy.webp', 'grey.png']) copy(name, join(directory, 'a', name));
  for (const [name, as] of [['444.jpg', '1.JPEG'], ['alpha-lossy.webp', '2.webp'], ['grey.jpg', '3.jpg']]) copy(name, join(directory, 'b', as)); // biome-ignore format: one line
  const { train, test: kept, shape, leftOut, said } = await loaded(directory);
  t.same([train.count, kept.count, shape, leftOut], [5, 2, [3, 13, 19], []]);
  t.match(said, [
    /^Read 7 images of 13 × 19 pixels, in colour, in 2 classes: 5 for training and 2 for the test \(a fifth of each class\)\. They take 0\.0.MB of memory\.$/,
    /^Images with transparent pixels: 1\. They are composited on white\.$/,
  ]);
});

test('links to class folders and to files are followed, and pictures in sub-folders are read', async (t) => {
  const directory = t.testdir();
  const [data, elsewhere] = [join(directory, 'data'), join(directory, 'elsewhere')];
  for (const i of [1, 2]) copy('rgb.png', join(data, 'a', `${i}.png`));
  copy('420.jpg', join(data, 'a', 'deep', 'deeper', '3.jpg'));
  for (const i of [1, 2, 3]) copy('444.jpg', join(elsewhere, 'cats', `${i}.jpg`));
  copy('lossy.webp', join(elsewhere, 'one.webp'));
  symlinkSync(join(elsewhere, 'cats'), join(data, 'b'));
  symlinkSync(join(elsewhere, 'one.webp'), join(data, 'a', '4.webp'));
  const { classes, train, test: kept } = await loaded(data);
  t.same([classes, train.count + kept.count], [['a', 'b'], 7]);
});

test('folders that lead back to each other are read once, and that is said', async (t) => {
  const directory = t.testdir();
  for (const name of ['a', 'b']) for (const i of [1, 2]) copy('rgb.png', join(directory, name, `${i}.png`));
  symlinkSync(join(directory, 'a'), join(directory, 'a', 'again'));
  symlinkSync(directory, join(directory, 'b', 'all'));
  const { train, test: kept, leftOut } = await loaded(directory);
  t.equal(train.count + kept.count, 2 + 2 + 2, 'b holds the pictures of a too, by its link to the folder of both');
  t.same(leftOut, [
    { why: 'a link to a folder that is read already', count: 3, examples: ['a/again/', 'b/all/a/again/', 'b/all/b/'] },
  ]);
});

test('what is hidden, made by a system, or no picture is no class and no image, and is listed', async (t) => {
  const directory = t.testdir();
  for (const name of ['a', 'b']) for (const i of [1, 2]) copy('rgb.png', join(directory, name, `${i}.png`));
  copy('rgb.png', join(directory, '__MACOSX', 'a', '._1.png'));
  copy('rgb.png', join(directory, '.git', '1.png'));
  copy('rgb.png', join(directory, 'a', '._1.png'));
  copy('rgb.png', join(directory, 'loose.png'));
  for (const name of ['.DS_Store', 'a/Thumbs.db', 'a/x/.DS_Store']) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), '');
  }
  for (let i = 0; i < 9; i++) writeFileSync(join(directory, 'b', `${i}.gif`), '');
  symlinkSync('nowhere', join(directory, 'c'));
  const { classes, train, test: kept, leftOut, said } = await loaded(directory);
  t.same([classes, train.count + kept.count], [['a', 'b'], 4]);
  const system = ['.DS_Store', '.git/', '__MACOSX/', 'a/._1.png', 'a/Thumbs.db'];
  t.same(leftOut, [
    { why: 'hidden, or made by an operating system', count: 6, examples: system },
    { why: 'a link to nothing', count: 1, examples: ['c'] },
    { why: 'outside of the class folders', count: 1, examples: ['loose.png'] },
    { why: 'not a PNG, JPEG or WebP file', count: 9, examples: ['b/0.gif', 'b/1.gif', 'b/2.gif', 'b/3.gif', 'b/4.gif'] }, // biome-ignore format: one line
  ]);
  t.ok(said.includes('Left out: 9 (not a PNG, JPEG or WebP file): b/0.gif, b/1.gif, b/2.gif, b/3.gif, b/4.gif, …'));
});

test('a link to nothing that has the name of a picture is an error, not an image less', async (t) => {
  const directory = t.testdir();
  for (const name of ['a', 'b']) for (const i of [1, 2]) copy('rgb.png', join(directory, name, `${i}.png`));
  symlinkSync('nowhere', join(directory, 'b', '3.png'));
  await t.rejects(folder.load({ directory }), { constructor: UserError, message: /3\.png.*ENOENT/ });
});

for (const name of ['val', 'valid', 'validation']) {
  test(`${name}/ beside train/ holds the test images where there is no test/`, async (t) => {
    const directory = t.testdir();
    for (const split of ['train', name]) for (const of of ['a', 'b']) copy('rgb.png', join(directory, split, of, '1.png')); // biome-ignore format: one line
    copy('420.jpg', join(directory, name, 'b', '2.jpg'));
    const { classes, train, test: kept, said } = await loaded(directory);
    t.same([classes, train.count, kept.count], [['a', 'b'], 2, 3]);
    t.ok(said[0].includes(`3 for the test (those in ${name}/)`));
  });
}

test('val/ beside train/ and test/ is left out, and that is said', async (t) => {
  const directory = t.testdir();
  for (const split of ['train', 'test', 'val', 'extra']) for (const of of ['a', 'b']) copy('rgb.png', join(directory, split, of, '1.png')); // biome-ignore format: one line
  const { train, test: kept, leftOut } = await loaded(directory);
  t.same([train.count, kept.count], [2, 2]);
  t.same(leftOut, [{ why: 'train/ and test/ are read, and no other folder', count: 2, examples: ['extra/', 'val/'] }]);
});

test('test/ without class folders, as in competitions, gives way to val/', async (t) => {
  const directory = t.testdir();
  for (const split of ['train', 'val']) for (const of of ['a', 'b']) copy('rgb.png', join(directory, split, of, '1.png')); // biome-ignore format: one line
  copy('rgb.png', join(directory, 'test', '1.png'));
  const { test: kept, said } = await loaded(directory);
  t.equal(kept.count, 2);
  t.ok(said[0].includes('those in val/'));
});

test('classes are in the order of their code points, as in torchvision', async (t) => {
  const directory = t.testdir();
  // U+FF21 is before U+1F600, whose UTF-16 units are not.
  const names = ['10', '2', 'Z', 'a', 'ä', '\uff21', '\u{1f600}'];
  for (const name of [...names].reverse()) for (const i of [1, 2]) copy('rgb.png', join(directory, name, `${i}.png`));
  t.same((await loaded(directory)).classes, names);
});

test('300 classes have labels of 16 bits', async (t) => {
  const directory = t.testdir();
  const names = Array.from({ length: 300 }, (_, i) => `class-${1000 + i}`);
  for (const [i, name] of names.entries()) for (const n of [1, 2, 3]) paint(join(directory, name, `${n}.png`), [i % 256, n]); // biome-ignore format: one line
  const { classes, train, test: kept } = await loaded(directory);
  t.same([classes, train.count, kept.count], [names, 600, 300]);
  t.same(
    [...kept.labels].sort((a, b) => a - b),
    [...names.keys()],
  );
  t.ok(kept.labels.buffer instanceof SharedArrayBuffer && train.labels.buffer instanceof SharedArrayBuffer);
});

for (const [training, tests] of [
  ['Train', 'Test'],
  ['training', 'testing'],
  ['TRAINING', 'Val'],
]) {
  test(`${training}/ and ${tests}/ are a split, and not two classes`, async (t) => {
    const directory = t.testdir();
    for (const split of [training, tests]) for (const of of ['a', 'b']) copy('rgb.png', join(directory, split, of, '1.png')); // biome-ignore format: one line
    copy('420.jpg', join(directory, training, 'b', '2.jpg'));
    const { classes, train, test: kept, said } = await loaded(directory);
    t.same([classes, train.count, kept.count], [['a', 'b'], 3, 2]);
    t.ok(said[0].includes(`2 for the test (those in ${tests}/)`));
  });
}

test('train/ is the split’s where there is a Train/ too, which is left out', {
  skip: process.platform !== 'linux' && 'file systems elsewhere may take the two for one',
}, async (t) => {
  const directory = t.testdir();
  for (const split of ['train', 'test', 'Train', 'training']) for (const of of ['a', 'b']) copy('rgb.png', join(directory, split, of, '1.png')); // biome-ignore format: one line
  const { train, leftOut } = await loaded(directory);
  t.equal(train.count, 2);
  t.same(
    leftOut?.map(({ examples }) => examples),
    [['Train/', 'training/']],
  );
});

test('two class names that look alike, and differ in their Unicode normal form, are said to differ so', async (t) => {
  const directory = t.testdir();
  for (const of of ['a', 'caf\u00e9', 'x']) copy('rgb.png', join(directory, 'train', of, '1.png'));
  for (const of of ['a', 'cafe\u0301', 'y']) copy('rgb.png', join(directory, 'test', of, '1.png'));
  const message =
    /2 missing from test\/: caf\u00e9, x; 2 missing from train\/: cafe\u0301, y\).* caf\u00e9 looks the same in both .*NFC/;
  await t.rejects(folder.load({ directory }), { constructor: UserError, message });
});

test('a name that is not UTF-8 is said to be so, be it a class’s or a picture’s', {
  skip: process.platform !== 'linux' && 'file systems elsewhere have no such names',
}, async (t) => {
  for (const odd of [['a\xff'], ['a', '3\xff.png']]) {
    const directory = t.testdir();
    for (const name of ['a', 'b']) for (const i of [1, 2]) copy('rgb.png', join(directory, name, `${i}.png`));
    const path = Buffer.concat([Buffer.from(`${directory}/`), Buffer.from(odd.join('/'), 'latin1')]);
    if (odd.length === 1) mkdirSync(path);
    else copyFileSync(join(PICTURES, 'rgb.png'), path);
    await t.rejects(folder.load({ directory }), { constructor: UserError, message: /\ufffd.*name is not valid UTF-8.*rename the/ }); // biome-ignore format: one line
    rmSync(path, { recursive: true });
  }
});

test('the name of a file that was left out reaches no terminal as a command', async (t) => {
  const directory = t.testdir();
  for (const name of ['a', 'b']) for (const i of [1, 2]) copy('rgb.png', join(directory, name, `${i}.png`));
  writeFileSync(join(directory, 'a', '\u001b[31mred\n.txt'), '');
  const { said, leftOut } = await loaded(directory);
  t.equal(said[1], 'Left out: 1 (not a PNG, JPEG or WebP file): a/␛[31mred␊.txt');
  t.same(leftOut?.[0].examples, ['a/\u001b[31mred\n.txt'], 'files hold the name itself');
});
