import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'tap';
import {
  checkNamed,
  checkWritable,
  makeFolder,
  readIfThere,
  readText,
  readTextIfThere,
  remove,
  removeUnfinished,
  writeWhole,
} from '../../src/disk/files.js';
import { UserError } from '../../src/errors.js';

const files = new URL('../../src/disk/files.js', import.meta.url).href;

/** Writes in a process that may not make files larger than this many kilobytes, as on a disk that fills up. */
function writeLimited(kilobytes: number, path: string, bytes: number) {
  const program = `
    import { writeWhole } from ${JSON.stringify(files)};
    try {
      await writeWhole(${JSON.stringify(path)}, new Uint8Array(${bytes}).fill(7));
    } catch ({ name, message }) {
      console.log(name + ': ' + message);
    }`;
  const node = [process.execPath, '--input-type=module', '-e', program];
  return spawnSync('bash', ['-c', `ulimit -f ${kilobytes}; exec "$@"`, 'bash', ...node], { encoding: 'utf8' }).stdout;
}

test('text and bytes are written as they are, in the place of what was there', async (t) => {
  const folder = t.testdir({ file: 'old' });
  const path = join(folder, 'file');
  await writeWhole(path, 'ε = 0\n');
  t.equal(readFileSync(path, 'utf8'), 'ε = 0\n');
  const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => i);
  await writeWhole(path, bytes.subarray(3));
  t.ok(readFileSync(path).equals(bytes.subarray(3)));
  await Promise.all([writeWhole(path, 'a'.repeat(70_000)), writeWhole(path, 'b'.repeat(60_000))]);
  t.match(readFileSync(path, 'utf8'), /^(a{70000}|b{60000})$/, 'two at once: either of them whole');
  t.same(readdirSync(folder), ['file']);
});

test('a file for which there is not room enough is not written at all, and what was there stays', {
  skip: process.platform === 'win32' ? 'there is no ulimit here' : false,
}, async (t) => {
  const folder = t.testdir({ file: 'old' });
  const path = join(folder, 'file');
  t.equal(writeLimited(64, path, 40_000), '');
  t.equal(readFileSync(path).length, 40_000, 'within the limit it is written');
  // The system takes the first 64 kB of it without a word, and refuses only the rest.
  t.match(
    writeLimited(64, path, 100_000),
    /^UserError: Can't write .*file: the file would exceed the limit on file sizes/,
  );
  t.equal(readFileSync(path).length, 40_000);
  t.same(readdirSync(folder), ['file']);
});

test('what is no folder, or no file, is told in a sentence that names it', async (t) => {
  const folder = t.testdir({ file: '', folder: {} });
  const [file, inner] = [join(folder, 'file'), join(folder, 'folder')];
  const refused = (work: Promise<unknown>, message: RegExp) => t.rejects(work, { name: 'UserError', message });
  await refused(writeWhole(join(file, 'below'), ''), /^Can't write .*below: a file stands where a folder is expected/);
  await refused(writeWhole(join(folder, 'none', 'below'), ''), /^Can't write .*below: there is no such file or folder/);
  await refused(writeWhole(inner, ''), /^Can't write .*folder: it is a folder, where a file is expected/);
  await refused(readIfThere(inner), /^Can't read .*folder: it is a folder, where a file is expected/);
  await refused(readIfThere(join(file, 'below')), /^Can't read .*below: a file stands where a folder is expected/);
  await refused(writeWhole(join(folder, 'x'.repeat(300)), ''), /: the name is too long/);
  t.same(readdirSync(folder).sort(), ['file', 'folder'], 'and no temporary file stays');
  t.equal(await readIfThere(join(folder, 'none')), undefined);
  await remove(join(folder, 'none'));
});

test('a text is read up to 20 MB, from a pipe too, and any file up to 2 GB', async (t) => {
  const folder = t.testdir({ small: 'ε', large: '', huge: '' });
  const [small, large, huge] = ['small', 'large', 'huge'].map((name) => join(folder, name));
  t.equal(await readText(small, '--config'), 'ε');
  t.equal(await readTextIfThere(small), 'ε');
  t.equal(await readTextIfThere(join(folder, 'none')), undefined);
  await t.rejects(readText(join(folder, 'none'), '--config'), /^Can't read --config .*none: there is no such file/);
  await truncate(large, 20_000_001);
  const tooLarge = { name: 'UserError', message: /large has 20000001 bytes; at most 20000000 are read/ };
  await t.rejects(readText(large, '--config'), tooLarge);
  await t.rejects(readTextIfThere(large), tooLarge);
  await truncate(huge, 2 ** 31);
  await t.rejects(readIfThere(huge), {
    name: 'UserError',
    message: /huge has 2147483648 bytes; at most 2147483647 are read/,
  });
  if (!existsSync('/dev/zero')) return;
  await t.rejects(readText('/dev/zero', '--config'), { name: 'UserError', message: /has more than 20000000 bytes/ });
  const program = `import { readText } from ${JSON.stringify(files)}; console.log(await readText('/dev/stdin', ''));`;
  const node = [process.execPath, '--input-type=module', '-e', program];
  t.equal(spawnSync('sh', ['-c', 'echo piped | "$@"', 'sh', ...node], { encoding: 'utf8' }).stdout, 'piped\n\n');
});

test('where files can be written is told without writing any', async (t) => {
  const folder = t.testdir({ file: '' });
  await checkWritable(folder);
  await checkWritable(join(folder, 'to', 'be', 'made'));
  t.notOk(existsSync(join(folder, 'to')));
  await checkWritable('here');
  const message = /^Can't write in .*: a file stands where a folder is expected \(ENOTDIR\)\.$/;
  await t.rejects(checkWritable(join(folder, 'file')), { name: 'UserError', message });
  await t.rejects(checkWritable(join(folder, 'file', 'below', 'it')), { name: 'UserError', message });
  t.throws(() => checkNamed('', '--out'), new UserError('--out is empty: the name of a file or folder is expected.'));
  checkNamed('.', '--out');
});

test('a folder whose files would have too long paths is refused before the work, and a shorter one is not', {
  skip: process.platform !== 'linux' && 'the limit is another elsewhere',
}, async (t) => {
  const longest = (length: number) => join('/', ...Array<string>(Math.ceil(length / 101)).fill('d'.repeat(100)));
  await checkWritable(longest(3000));
  const message = /^Can't write in .*: the name is too long \(ENAMETOOLONG\)\. Choose a shorter one\.$/;
  await t.rejects(checkWritable(longest(3900)), { name: 'UserError', message });
});

test('a file is removed where there is one, and a folder is refused in a sentence', async (t) => {
  const folder = t.testdir({ file: '', below: {} });
  await remove(join(folder, 'file'));
  await remove(join(folder, 'file'));
  await t.rejects(remove(join(folder, 'below')), { name: 'UserError', message: /^Can't remove / });
  t.same(readdirSync(folder), ['below']);
});

test('folders are made, the way to them too, or it is told why not', async (t) => {
  const folder = t.testdir({ file: '' });
  const deep = join(folder, 'to', 'be', 'made');
  await Promise.all([makeFolder(deep), makeFolder(deep)]);
  await makeFolder(deep);
  t.same(readdirSync(join(folder, 'to', 'be')), ['made']);
  const message = /^Can't make the folder .*: a file stands where a folder is expected \(ENOTDIR\)\.$/;
  await t.rejects(makeFolder(join(folder, 'file')), { name: 'UserError', message });
  await t.rejects(makeFolder(join(folder, 'file', 'below', 'it')), { name: 'UserError', message });
  if (existsSync('/proc/self')) await t.rejects(makeFolder('/proc/nowhere/below'), { name: 'UserError' });
});

test('what a killed process left half-written is removed, and nothing else', async (t) => {
  const folder = t.testdir({ '.results.json.123-4.tmp': '{', 'results.json': '{}', '.mine.tmp': '' });
  await removeUnfinished(folder);
  t.same(readdirSync(folder).sort(), ['.mine.tmp', 'results.json']);
});

test('a process that ends while it writes takes its temporary file along', async (t) => {
  const folder = t.testdir();
  const program = `
    import { writeWhole } from ${JSON.stringify(files)};
    import { readdirSync } from 'node:fs';
    void writeWhole(${JSON.stringify(join(folder, 'file'))}, new Uint8Array(50_000_000));
    while (readdirSync(${JSON.stringify(folder)}).length === 0) await new Promise(setImmediate);
    console.log(readdirSync(${JSON.stringify(folder)}).join());
    process.exit();`;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
  t.match(stdout, /^\.file\.\d+-0\.tmp\n$/);
  t.same(readdirSync(folder), []);
});
