import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Test, test } from 'tap';
import { unpack } from '../../../src/datasets/formats/archive.js';
import { bomb } from '../../fuzz/inputs/idx.js';
import { tarOf } from './tar-bytes.js';

async function unpacked(t: Test, archive: Uint8Array): Promise<{ into: string; done: Promise<void> }> {
  const folder = t.testdir();
  const into = join(folder, 'into');
  await mkdir(into);
  await writeFile(join(folder, 'the.tgz'), archive);
  return { into, done: unpack(join(folder, 'the.tgz'), into, ['a', 'b']) };
}

const large = Uint8Array.from({ length: 700_000 }, (_, i) => (i * 2654435761) >>> 24);

test('the files asked for are unpacked, whole, and no others', async (t) => {
  const { into, done } = await unpacked(
    t,
    gzipSync(tarOf([{ path: 'x/a', bytes: large }, { path: 'x/c', bytes: large }, { path: 'x/b' }, { path: 'x/y/a' }])),
  );
  await done;
  t.same((await readdir(into)).sort(), ['a', 'b']);
  t.ok((await readFile(join(into, 'a'))).equals(large));
  t.equal((await readFile(join(into, 'b'))).length, 0);
});

test('links, devices and paths that lead elsewhere stay in the archive', async (t) => {
  const { into, done } = await unpacked(
    t,
    gzipSync(
      tarOf([
        { path: 'x/a', type: 'SymbolicLink', linkpath: '/etc/passwd' },
        { path: 'x/b', type: 'Link', linkpath: 'x/a' },
        { path: 'x/../a' },
        { path: '/a' },
        { path: '../a' },
        { path: 'x/b', type: 'CharacterDevice' },
      ]),
    ),
  );
  await done;
  // One folder is taken off each path: of `/a` and `../a` the first part, so that the file lies in `into`.
  t.same(await readdir(into), ['a']);
  t.notOk(existsSync(join(into, '..', 'a')));
});

test('what is no archive, is cut off or unzips to a gigabyte, is refused by name', async (t) => {
  const whole = tarOf([{ path: 'x/a', bytes: large }]);
  const refused = async (archive: Uint8Array, message: RegExp) => {
    const { done } = await unpacked(t, archive);
    await t.rejects(done, { name: 'UserError', message });
  };
  await refused(new Uint8Array(), /the\.tgz: expected an intact tar archive, found a damaged one \(.*Unrecognized/);
  await refused(gzipSync(whole.subarray(0, 100_000)), /the\.tgz: expected .* \(.*Truncated input/);
  await refused(gzipSync(whole).subarray(0, 1000), /the\.tgz: expected .* \(unexpected end of file/);
  await refused(gzipSync(whole.map((byte, at) => (at === 10 ? 7 : byte))), /the\.tgz: expected .*checksum failure/);
  await refused(gzipSync(gzipSync(whole)), /the\.tgz: expected .*decompression ratio/);
  await refused(bomb(tarOf([{ path: 'x/c', size: 2 ** 31 }])), /the\.tgz: expected at most \d+ unzipped bytes/);
});

test('a folder that can’t be written is the system’s own error, which tells what to do', async (t) => {
  const folder = t.testdir();
  await writeFile(join(folder, 'the.tgz'), gzipSync(tarOf([{ path: 'x/a', bytes: large }])));
  await t.rejects(unpack(join(folder, 'the.tgz'), join(folder, 'none'), ['a']), { code: 'ENOENT' });
});
