import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Test, test } from 'tap';
import { execute, write } from './packed.js';

const assembly = 'export function two(): i32 { return 2; }\n';

/** A project as small as can be that is built by this one's script, and the paths in its dist. */
async function project(t: Test, folder = t.testdir({})) {
  write(folder, {
    'package.json': '{ "type": "module" }',
    'tsconfig.json': JSON.stringify({
      compilerOptions: {
        ...{
          rootDir: '.',
          outDir: 'dist',
          target: 'ES2022',
          lib: ['ES5'],
          module: 'NodeNext',
          types: [],
          declaration: true,
        },
        ...{ sourceMap: true, incremental: true, tsBuildInfoFile: 'dist/.tsbuildinfo' },
      },
      include: ['src', 'test'],
      exclude: ['src/tensor/assembly'],
    }),
    'src/one.ts': 'export const one = 1;\n',
    'test/one.test.ts': "import { one } from '../src/one.js';\nexport const two = one + one;\n",
    'src/tensor/assembly/index.ts': assembly,
    'src/tensor/assembly/asconfig.json': '{ "options": { "runtime": "stub" } }',
  });
  mkdirSync(join(folder, 'scripts'));
  copyFileSync('scripts/build.mjs', join(folder, 'scripts/build.mjs'));
  mkdirSync(join(folder, 'node_modules'));
  for (const name of ['typescript', 'assemblyscript', 'binaryen', 'long']) {
    symlinkSync(resolve('node_modules', name), join(folder, 'node_modules', name));
  }
  const build = () => execute(process.execPath, ['scripts/build.mjs'], { cwd: folder });
  await build();
  const at = (name: string) => join(folder, name);
  return {
    folder,
    build,
    at,
    read: (name: string) => readFileSync(at(name), 'utf8'),
    write: (name: string, text: string) => write(folder, { [name]: text }),
    remove: (name: string) => rmSync(at(name)),
    /** When each file of dist was last written. */
    times: () => {
      const files = readdirSync(at('dist'), { recursive: true, encoding: 'utf8' });
      return Object.fromEntries(
        files.map((file) => [file, statSync(at(join('dist', file)), { bigint: true }).mtimeNs]),
      );
    },
  };
}

const WASM = 'src/tensor/kernels.wasm';

test('with no edit nothing is built, whatever the times of the files; an edit builds what it asks for', async (t) => {
  const { build, at, read, write, remove, times } = await project(t);
  const first = times();
  for (const file of ['src/one.js', 'src/one.d.ts', 'test/one.test.js', WASM]) t.ok(first[file], file);
  await build();
  t.same(times(), first, 'nothing was edited');
  for (const file of ['src/one.ts', 'src/tensor/assembly/index.ts']) utimesSync(at(file), new Date(), new Date());
  await build();
  t.same(times(), first, 'nothing was but touched');

  write('src/one.ts', 'export const one = 11;\n');
  utimesSync(at('src/one.ts'), new Date(0), new Date(0));
  await build();
  t.match(read('dist/src/one.js'), 'one = 11', 'an edit, though older than what it made by its time');
  t.equal(times()[WASM], first[WASM], 'and the kernels are left as they are');

  write('src/tensor/assembly/index.ts', assembly.replace('return 2', 'return 3'));
  const before = times();
  await build();
  t.not(times()[WASM], before[WASM], 'kernels');
  t.equal(times()['src/one.js'], before['src/one.js'], 'and nothing but them');

  remove('test/one.test.ts');
  await build();
  t.notOk(existsSync(at('dist/test/one.test.js')), 'a test whose source is gone goes too');
  t.ok(existsSync(at('dist/src/one.js')));

  await t.test('what is missing, was cut short or had a mistake is built again', async (t) => {
    remove('dist/src/one.js');
    remove(join('dist', WASM));
    await build();
    t.ok(existsSync(at('dist/src/one.js')) && existsSync(at(join('dist', WASM))), 'missing');

    write('src/one.ts', "export const one: number = 'one';\n");
    await t.rejects(build(), { code: 1, stdout: /src\/one\.ts\(1,14\): error TS2322/ }, 'a mistake is told');
    await t.rejects(build(), { code: 1 }, 'and told again');

    // As a build leaves it that was interrupted between an edit's first file and its last: the edit is taken back.
    write('src/one.ts', 'export const one = 1;\n');
    await build();
    write('dist/src/one.js', 'export const on');
    remove('dist/.built-typescript');
    await build();
    t.match(read('dist/src/one.js'), 'one = 1;', 'cut short');
  });
});

test('of two builds at once one waits for the other; what a killed one left does not hold up the next', async (t) => {
  const { build, at, read, write } = await project(t);
  write('src/one.ts', 'export const one = 2;\n');
  const both = await Promise.all([build(), build()]);
  t.equal(both.filter(({ stderr }) => /^Waiting for process \d+, which builds dist\//.test(stderr)).length, 1);
  t.match(read('dist/src/one.js'), 'one = 2');
  t.notOk(existsSync(at('dist/.building')));

  const { pid } = spawnSync(process.execPath, ['--version']);
  write('dist/.building', `${pid}`);
  write('src/one.ts', 'export const one = 3;\n');
  await build();
  t.match(read('dist/src/one.js'), 'one = 3');
});

test('files that the build does not read begin no new one: other packages, an editor’s copies', async (t) => {
  const { build, write, times } = await project(t);
  const first = times();
  write('test/node_modules/peer/index.ts', 'export const peer = 1;\n');
  write('test/node_modules/peer/index.d.ts', 'export declare const peer = 1;\n');
  write('src/.#one.ts', 'export const one = 1;\n');
  write('src/one.ts~', 'export const one = 0;\n');
  write('src/tensor/assembly/index.ts.orig', assembly);
  await build();
  t.same(times(), first);
});

test('where dist can not be written, a build that is whole is used, and one that is not is refused in a sentence', {
  skip: process.getuid?.() === 0 ? false : 'only root may take on another user',
}, async (t) => {
  const { folder, at, write, remove, times } = await project(t);
  const user = ['--reuid=65534', '--regid=65534', '--clear-groups'];
  const reading = ['--inh-caps=+dac_read_search', '--ambient-caps=+dac_read_search'];
  const build = () =>
    spawnSync('setpriv', [...user, ...reading, process.execPath, 'scripts/build.mjs'], {
      cwd: folder,
      encoding: 'utf8',
    });
  const refused = (why: string) => {
    const before = times();
    const { status, stderr } = build();
    t.equal(status, 2, why);
    t.match(
      stderr,
      /^dist\/ must be built.*older than its sources\. But .* can't be written to \(EACCES\)\.\nRun `npm run build` as/,
    );
    t.notMatch(stderr, /^ +at /m, 'no stack trace');
    t.same(times(), before, 'and nothing is touched');
  };
  const { status, stderr } = build();
  t.equal(status, 0, stderr);
  write('src/one.ts', 'export const one = 2;\n');
  refused('an edit');
  rmSync(at('dist/src/one.js'));
  refused('a part is missing');
  rmSync(at('dist'), { recursive: true });
  mkdirSync(at('dist'));
  refused('all is missing');
  remove('src/one.ts');
  refused('and a source too');
});

test('where a compiler is missing, or what it runs on this machine, a sentence says how to install it', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'build-')); // outside of this clone, whose packages are found from inside
  t.teardown(() => rmSync(folder, { recursive: true }));
  const { build, write, at } = await project(t, folder);
  const refused = async (message: RegExp) => {
    await t.rejects(build(), { code: 2, stderr: message });
    await t.rejects(
      build(),
      { code: 2, stderr: /^(?![\s\S]*\n +at )[\s\S]*Run `npm ci` without --omit/ },
      'no stack trace',
    );
  };
  mkdirSync(at('node_modules/esbuild'));
  cpSync('node_modules/esbuild', at('node_modules/esbuild'), {
    recursive: true,
    filter: (name) => !name.endsWith('bin/esbuild'),
  });
  write('src/lab/build.mjs', "throw new Error('the page is built without esbuild');\n");
  await refused(/^dist\/ can't be built without esbuild: .*@esbuild\//);
  rmSync(at('node_modules/esbuild'), { recursive: true });
  await refused(/^dist\/ can't be built without esbuild: Cannot find package 'esbuild'/);
  rmSync(at('src/lab'), { recursive: true });
  write('src/one.ts', 'export const one = 2;\n');
  rmSync(at('node_modules/typescript'));
  await refused(/^dist\/ can't be built without typescript: node_modules\/typescript\/bin\/tsc is missing/);
});
