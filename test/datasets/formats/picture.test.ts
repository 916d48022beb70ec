import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { type Test, test } from 'tap';
import { openPicture, planesOf } from '../../../src/datasets/formats/picture.js';
import { UserError } from '../../../src/errors.js';

/** Made by make.py beside them, which wrote down what PIL decodes. */
const PICTURES = join('test', 'fixtures', 'pictures');
const [HEIGHT, WIDTH] = [13, 19];
const expected = Object.entries(
  JSON.parse(readFileSync(join(PICTURES, 'expected.json'), 'utf8')) as Record<string, string>,
);

/** Kinds that are not read, and what is said of them. */
const unsupported: Record<string, RegExp> = {
  'cmyk.jpg': /expected a grey or RGB JPEG, of 1 or 3 components, found 4, as CMYK has\. Save it as RGB\.$/,
  'arithmetic.jpg': /expected an 8-bit baseline or progressive JPEG, found another kind \(8-bit, frame type 9\)/,
  'animated.webp': /expected a WebP of one picture, found an animated one/,
  'palette-4-bit-interlaced.png':
    /expected an interlaced PNG of 8 or 16 bits, found one of 4\. Save it without interlac/,
};

test('the pixels of every kind of picture are those that PIL decodes', async (t) => {
  let read = 0;
  for (const [name, base64] of expected) {
    if (name in unsupported) continue;
    const picture = await openPicture(join(PICTURES, name));
    t.same([picture.height, picture.width], [HEIGHT, WIDTH], name);
    t.equal(picture.grey, name.startsWith('grey'), `${name} has colours or not, as it says`);
    t.ok(Buffer.from(base64, 'base64').equals(Buffer.from(await picture.rgba())), name);
    read++;
  }
  t.equal(read, 31);
});

for (const [name, message] of Object.entries(unsupported)) {
  test(`${name} is refused by name`, async (t) => {
    const path = join(PICTURES, name);
    const error = await openPicture(path).catch((thrown: Error) => thrown);
    t.ok(error instanceof UserError && error.message.startsWith(`${path}: `));
    t.match((error as Error).message, message);
  });
}

test('transparent pixels are composited on white: v·α + 255·(1 − α)', async (t) => {
  const path = join(PICTURES, 'rgba.png');
  const picture = await openPicture(path);
  const rgba = await picture.rgba();
  const { planes, onWhite } = await planesOf(path, picture, [3, HEIGHT, WIDTH]);
  t.equal(onWhite, true);
  for (const p of [0, 7, 100, 246]) {
    const alpha = rgba[4 * p + 3] / 255;
    const mixed = [0, 1, 2].map((c) => Math.round(rgba[4 * p + c] * alpha + 255 * (1 - alpha)));
    t.same(
      [0, 1, 2].map((c) => planes[c * HEIGHT * WIDTH + p]),
      mixed,
    );
  }
  const opaque = join(PICTURES, 'rgb.png');
  t.equal((await planesOf(opaque, await openPicture(opaque), [3, HEIGHT, WIDTH])).onWhite, false);
});

test('a grey picture among coloured ones has three planes alike', async (t) => {
  const path = join(PICTURES, 'grey.jpg');
  const { planes: one } = await planesOf(path, await openPicture(path), [1, HEIGHT, WIDTH]);
  const { planes } = await planesOf(path, await openPicture(path), [3, HEIGHT, WIDTH]);
  t.same(planes, Uint8Array.of(...one, ...one, ...one));
});

/** A file with these bytes. */
function fileOf(t: Test, bytes: Uint8Array): string {
  const path = join(t.testdir(), 'picture.png'); // the name doesn't count
  writeFileSync(path, bytes);
  return path;
}

const bytesOf = (name: string): Buffer => readFileSync(join(PICTURES, name));
/** A picture whose header says that it is larger. */
const larger = (name: string, at: number, ...bytes: number[]): Buffer => {
  const changed = bytesOf(name);
  changed.set(bytes, at);
  return changed;
};
const frame = bytesOf('420.jpg').indexOf('ffc0', 'hex');

const damaged: Record<string, { readonly bytes: Uint8Array; readonly message: RegExp }> = {
  'an empty file': { bytes: new Uint8Array(), message: /expected a PNG, JPEG or WebP picture, found a file that begins with the bytes \(none\)/ }, // biome-ignore format: one line
  'an HTML page': { bytes: Buffer.from('<!DOCTYPE html>'), message: /begins with the bytes 3c21444f43545950/ },
  'half a JPEG': { bytes: bytesOf('420.jpg').subarray(0, 500), message: /a whole JPEG, found one that is cut off after 500/ }, // biome-ignore format: one line
  'half a PNG': { bytes: bytesOf('rgb.png').subarray(0, 500), message: /a whole PNG, found one that ends after 500/ },
  'half a WebP': { bytes: bytesOf('lossy.webp').subarray(0, 150), message: /a whole WebP, found one that is cut off/ },
  'a WebP whose frame does not begin as one': { bytes: larger('lossy.webp', 23, 0), message: /expected an intact WebP, found a damaged one/ }, // biome-ignore format: one line
  'a JPEG whose tables are gone': {
    bytes: Buffer.concat([bytesOf('420.jpg').subarray(0, 20), bytesOf('420.jpg').subarray(frame)]),
    message: /expected an intact JPEG, found a damaged one \(.*[Tt]able/,
  },
  'a JPEG of 65,000 rows': { bytes: larger('420.jpg', frame + 5, 0xfd, 0xe8), message: /1 to 1024 rows and columns, found one of 65000 x 19\. Scale all pictures down/ }, // biome-ignore format: one line
  'a lossless WebP of 16,384 columns': { bytes: larger('lossless.webp', 21, 0xff, 0x3f), message: /1 to 1024 rows and columns/ }, // biome-ignore format: one line
  'a PNG of 2³¹ columns': {
    bytes: encode({ width: 1, height: 1, data: new Uint8Array(3), channels: 3 }).fill(0x7f, 16, 17),
    message: /1 to 1024 rows and columns, found one of 1 x 2130706433/,
  },
  'a JPEG of 101 scans': {
    bytes: Buffer.concat([
      bytesOf('420.jpg').subarray(0, -2),
      ...new Array<Buffer>(100).fill(Buffer.from('ffda0008010100003f00', 'hex')),
      Buffer.from('ffd9', 'hex'),
    ]),
    message: /expected a JPEG of at most 100 scans, found 101/,
  },
};

for (const [name, { bytes, message }] of Object.entries(damaged)) {
  test(`${name} is refused by name`, async (t) => {
    const path = fileOf(t, bytes);
    const read = async () => planesOf(path, await openPicture(path), [3, HEIGHT, WIDTH]);
    const error = await read().catch((thrown: Error) => thrown);
    t.ok(error instanceof UserError, String(error));
    t.ok((error as Error).message.startsWith(`${path}: `));
    t.match((error as Error).message, message);
  });
}

test('a decoder that met a damaged file reads the next one', async (t) => {
  const cut = bytesOf('420.jpg');
  const broken = fileOf(t, Buffer.concat([cut.subarray(0, 20), cut.subarray(frame)]));
  for (let time = 0; time < 3; time++) {
    await t.rejects((await openPicture(broken)).rgba(), UserError);
    const rgba = await (await openPicture(join(PICTURES, '420.jpg'))).rgba();
    t.ok(Buffer.from(Object.fromEntries(expected)['420.jpg'], 'base64').equals(Buffer.from(rgba)));
  }
});
