import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { publint } from 'publint';
import { test } from 'tap';
import { codeBlocks, execute, manifest, strangersFolder, write } from './packed.js';

/** Lines that must compile, and, each below a `@ts-expect-error`, some that must not: to an `any` all would. */
const strict = `
import { accuracy, attacks, createNetwork, perturb, type Tensor, tensor } from 'weight-transport';

const images: Tensor<Float32Array> = tensor(new Float32Array(2 * 28 * 28), [2, 1, 28, 28]);
export const shape: number[] = images.shape;
export const pixel: number = images.get(0, 0, 0, 0);
// @ts-expect-error: no array is a tensor
export const wrong: Tensor<Float32Array> = new Float32Array(4);
// @ts-expect-error: nor has a tensor any property one likes
images.pixels;
// @ts-expect-error: a shape is no string
export const text: string = images.shape;
// @ts-expect-error: there is no such learning rule
createNetwork({ model: 'lenet5' }, { rule: 'telepathy' });
// @ts-expect-error: nor such an attack
attacks.kindness;
// @ts-expect-error: labels come in a Uint8Array
accuracy(undefined!, images, 'labels');
// @ts-expect-error: APGD looks at losses, of which a gradient says nothing
perturb(attacks.apgd, images, new Uint8Array(2), (x: typeof images) => x, { epsilon: 0.1 });
`;

/** Every entry of the package by its name, as a stranger writes it. */
const entries = Object.entries(manifest.exports)
  .filter(([, target]) => typeof target !== 'string')
  .map(([path]) => `weight-transport${path.slice(1)}`);

test('strangers compile against the package with the strictest settings, types of its dependencies included', async (t) => {
  const folder = await strangersFolder(t);
  const compilerOptions = {
    target: 'ES2022',
    strict: true,
    skipLibCheck: false,
    noEmit: true,
    skipDefaultLibCheck: true,
  };
  const settings = (module: string, moduleResolution: string, more = {}) =>
    JSON.stringify({ compilerOptions: { ...compilerOptions, module, moduleResolution, ...more }, include: ['*.ts'] });
  const noBrowser = { lib: ['ES2022'], types: ['node'], typeRoots: [resolve('node_modules/@types')] };
  const pages = ['README.md', 'docs/networks.md'];
  const examples = pages.flatMap((page) => codeBlocks(page, 'ts')).filter((code) => code.includes('weight-transport'));
  t.ok(examples.length > pages.length, 'examples of the pages');
  write(folder, {
    'strict.ts': strict,
    'entries.ts': entries.map((entry, i) => `export * as entry${i} from '${entry}';`).join('\n'),
    ...Object.fromEntries(examples.map((code, i) => [`example-${i}.ts`, code])),
    'nodenext.json': settings('nodenext', 'nodenext'),
    'bundler.json': settings('esnext', 'bundler'),
    'no-browser.json': settings('nodenext', 'nodenext', noBrowser),
  });
  const tsc = resolve('node_modules/typescript/bin/tsc');
  for (const name of ['nodenext', 'bundler', 'no-browser']) {
    const compiled = execute(process.execPath, [tsc, '-p', `${name}.json`], { cwd: folder });
    t.equal(
      await compiled.then(
        () => '',
        ({ stdout }) => stdout,
      ),
      '',
      name,
    );
  }

  await t.test('and its code runs on what it names among its dependencies', async (t) => {
    const code = `
      for (const entry of ${JSON.stringify(entries)}) console.log(Object.keys(await import(entry)).length > 0);`;
    const { stdout } = await execute(process.execPath, ['--input-type=module', '-e', code], { cwd: folder });
    t.same(
      stdout.trim().split('\n'),
      entries.map(() => 'true'),
    );
    const command = join('node_modules/weight-transport', manifest.bin['weight-transport']);
    const version = await execute(process.execPath, [command, '--version'], { cwd: folder });
    t.equal(version.stdout.trim(), manifest.version);
  });

  await t.test('and no file of it is missing, or in the wrong form', async (t) => {
    const own = join(folder, 'node_modules/weight-transport');
    const { messages } = await publint({ pkgDir: own, pack: false, level: 'warning', strict: true });
    t.same(messages, []);
    t.match(readFileSync(join(own, manifest.bin['weight-transport']), 'utf8'), /^#!\/usr\/bin\/env node\n/);
    for (const file of [
      'README.md',
      'LICENSE',
      'CHANGELOG.md',
      'dist/src/tensor/kernels.wasm',
      'dist/workers/worker.js',
      'dist/workers/entry.cjs',
    ]) {
      t.ok(existsSync(join(own, file)), file);
    }
    for (const not of ['dist/test', 'dist/bench', 'src', 'test', 'scripts']) t.notOk(existsSync(join(own, not)), not);
  });
});
