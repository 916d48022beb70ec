import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'tap';
import { call, shell, smallRun, smallRunFiles } from '../helpers/command-line.js';

const run = `$run mnist ${smallRun.join(' ')}`;
const noShell = process.platform === 'win32' ? 'there is no bash here' : false;

test('a target that can not be written, or a source that can not be read, is one sentence and exit code 2', async (t) => {
  const cwd = t.testdir({ file: '', folder: {} });
  for (const [args, message] of [
    [['mnist', '--out', 'file'], /^Can't write in file: a file stands where a folder is expected \(ENOTDIR\)\.$/],
    [['mnist', '--out', 'file/below/it'], /^Can't write in file\/below\/it: a file stands where a folder is expected/],
    [['mnist', '--out', ''], /^--out is empty: the name of a file or folder is expected\.$/],
    [['mnist', '--out', 'x'.repeat(300)], /^Can't write in x+: the name is too long \(ENAMETOOLONG\)\. Choose a sh/],
    [
      ['mnist', '--config', 'folder'],
      /^Can't read --config folder: it is a folder, where a file is expected \(EISDIR\)/,
    ],
    [['mnist', '--config', 'file/below'], /^Can't read --config file\/below: a file stands where a folder is expected/],
    [['mnist', '--config', ''], /^--config is empty/],
    [['mnist', '--data', 'file'], /file: expected a folder with train-images-idx3-ubyte.*, found a file\.$/],
    [['mnist', '--data', ''], /^--data is empty/],
    [['audit', 'file'], /^file is not a usable safetensors file: it has 0 bytes/],
    [['audit', ''], /^The folder of a run is empty/],
  ] as const) {
    const { code, stdout, stderr } = await call(args, cwd);
    t.equal(code, 2, args.join(' '));
    t.match(stderr.trimEnd(), message);
    t.equal(stderr.trimEnd().split('\n').length, 1, 'one line');
    t.equal(stdout, '');
  }
  t.same(readdirSync(cwd).sort(), ['file', 'folder'], 'and nothing was written');
  t.same(readdirSync(join(cwd, 'folder')), []);
});

test('a disk that fills up ends a run with a sentence and no half-written file; with room it goes on, read or unread', {
  skip: noShell,
}, async (t) => {
  const cwd = t.testdir();
  // A network of LeNet-5 has 250 kB, with the optimizer's state 740.
  const full = await shell(`ulimit -f 500; ${run} --out out`, cwd);
  t.equal(full.code, 2);
  t.match(
    full.stderr,
    /^Can't write out\/bp\.checkpoint\.safetensors: the file would exceed the limit on file sizes .*\.$/m,
  );
  t.same(readdirSync(join(cwd, 'out')).sort(), ['config.json', 'metrics.jsonl']);
  const unread = await shell(`${run} --out out 2>&1 | head -c 1; exit \${PIPESTATUS[0]}`, cwd);
  t.equal(unread.code, 0, 'nobody reads on, and the run goes on all the same');
  t.same(readdirSync(join(cwd, 'out')).sort(), smallRunFiles, 'and ends with its files');
  JSON.parse(readFileSync(join(cwd, 'out', 'results.json'), 'utf8'));
  t.equal((await shell('set -o pipefail; $run mnist --help | head -1', cwd)).code, 0, 'help');
  t.equal((await shell('$run mnist --help >&- 2>&-', cwd)).code, 0, 'nor is there anything to read');
});

test('output that a full disk does not take is an error, the run is finished all the same', {
  skip: existsSync('/dev/full') ? false : 'there is no /dev/full here',
}, async (t) => {
  const cwd = t.testdir();
  const { code, stderr } = await shell(`${run} --out out >/dev/full`, cwd);
  t.equal(code, 2);
  t.match(stderr, /^Can't write to standard output: the disk is full \(ENOSPC\)\./m);
  t.same(readdirSync(join(cwd, 'out')).sort(), smallRunFiles);
  t.equal((await shell('$run --help 2>/dev/full', cwd)).code, 0);
});
