import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'tap';
import { type Finished, shell } from '../helpers/command-line.js';

const skip = process.platform === 'win32' ? 'there is no bash here' : false;

function isOneSentence({ code, stdout, stderr }: Finished): string {
  const lines = stderr.trimEnd().split('\n');
  if (code !== 2 || stdout !== '' || /^\s+at /m.test(stderr)) return `exit code ${code}: ${stdout}${stderr}`;
  return lines.length === 1 ? '' : `${lines.length} lines: ${stderr}`;
}

test('where too few files can be open, the program says so or works: no stack trace, no missing package alone', {
  skip,
}, async (t) => {
  for (const limit of [32, 48, 64, 72]) {
    // Which of its files the loader fails at is chance; other versions of Node open fewer at once.
    const finished = await shell(`ulimit -n ${limit}; $run --version`, t.testdir());
    if (finished.code === 0) continue;
    t.equal(isOneSentence(finished), '', `ulimit -n ${limit}`);
    t.match(finished.stderr, /(too many|too few) files .*\(ulimit -n/);
  }
});

test('a folder whose packages are not installed is one sentence that names npm ci', { skip }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'weight-transport-')); // no node_modules in any folder above
  t.teardown(() => rmSync(folder, { recursive: true }));
  cpSync(fileURLToPath(new URL('../../src', import.meta.url)), join(folder, 'dist/src'), { recursive: true });
  cpSync(fileURLToPath(new URL('../../../package.json', import.meta.url)), join(folder, 'package.json'));
  const finished = await shell(`${process.execPath} dist/src/cli.js --version`, folder);
  t.equal(isOneSentence(finished), '');
  t.match(finished.stderr, /^Can't load the program: Cannot find package .* Give `npm ci` in its folder\./);
});

test('a Node without WebAssembly is one sentence that names the option', { skip }, async (t) => {
  const finished = await shell('NODE_OPTIONS=--jitless $run --version', t.testdir());
  const stderr = finished.stderr.replace(/^Warning: disabling flag .*\n/, '').trimEnd(); // the warning is Node's
  t.equal(isOneSentence({ ...finished, stderr }), '');
  t.match(stderr, /^WebAssembly is switched off in this Node, by --jitless .* NODE_OPTIONS\.$/);
});
