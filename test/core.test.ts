import { readFile } from 'node:fs/promises';
import { test } from 'tap';
import * as core from '../src/core.js';
import * as whole from '../src/index.js';
import { bundle } from './helpers/bundle.js';

test('the core is bundled for a browser without an error or a warning', async (t) => {
  const { errors, warnings, outputFiles } = await bundle(new URL('../src/core.js', import.meta.url));
  t.same({ errors, warnings }, { errors: [], warnings: [] });
  t.notMatch(outputFiles[0].text, /\brequire\(|from ['"]node:/, 'and asks for nothing that is not in the bundle');
});

test('the whole library has all that the core has', async (t) => {
  const [parts, all] = [Object.entries(core), new Map<string, unknown>(Object.entries(whole))];
  t.ok(parts.length > 30);
  for (const [name, value] of parts) t.equal(all.get(name), value, name);
});

test('the package gives out its core, its kernels and what it is', async (t) => {
  for (const path of ['core', 'kernels.wasm', 'package.json']) {
    const url = import.meta.resolve(`weight-transport/${path}`);
    t.ok((await readFile(new URL(url))).length > 0, path);
  }
});
