/**
 * What CONTRIBUTING.md promises: a learning rule, an attack, a loss, a model, an optimizer and a data set are each a
 * file and a row. The page's own files are put into a copy of the sources, which is compiled and used.
 */
import { execFile } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import tap, { test } from 'tap';
import ts from 'typescript';
import { type Curve, parseResults } from '../src/report/run/results.js';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const page = readFileSync(join(repository, 'CONTRIBUTING.md'), 'utf8');

interface Example {
  readonly file: string;
  /** Such as `ss: signSymmetry`, and the file of its table. */
  readonly row?: string;
  readonly table?: string;
  readonly code: string;
}

/** The page's files: its TypeScript blocks, which begin with where they go. */
const examples: Example[] = [
  ...page.matchAll(/```ts\n\/\/ (\S+\.ts)(?:, with the row `([^`]+)` in (\S+))?\n(.*?)```/gs),
].map(([, file, row, table, code]) => ({ file, row, table, code }));

/** Puts the page's files into `folder` and their rows into the tables there, with the import and nothing else. */
function addExamples(folder: string): string[] {
  for (const { file, code } of examples) writeFileSync(join(folder, file), code);
  const tables = examples.flatMap(({ file, row, table }) => {
    if (row === undefined || table === undefined) return [];
    const rows = readFileSync(join(folder, table), 'utf8').replace(/,?\s*\} satisfies/, `, ${row} } satisfies`);
    const line = `import { ${row.split(': ').at(-1)} } from './${basename(file, '.ts')}.js';`;
    writeFileSync(join(folder, table), `${line}\n${rows}`);
    return [table];
  });
  return [...examples.map(({ file }) => file), ...tables];
}

/** A copy of the sources, and of what they were compiled to, with the page's files and rows in both. */
function copyWithExamples(folder: string): void {
  const copy = (from: string, wanted: (path: string) => boolean) =>
    cpSync(join(repository, from), join(folder, from), { recursive: true, filter: wanted });
  for (const room of ['src', 'workers']) {
    copy(room, (path) => !path.includes('assembly'));
    copy(join('dist', room), (path) => !/\.(d\.ts|map)$/.test(path));
  }
  copy('package.json', () => true);
  for (const file of addExamples(folder)) {
    const { outputText } = ts.transpileModule(readFileSync(join(folder, file), 'utf8'), { compilerOptions });
    writeFileSync(join(folder, 'dist', file.replace(/ts$/, 'js')), outputText);
  }
  const only = { rootDir: '.', noEmit: true, incremental: false, tsBuildInfoFile: null };
  const config = { extends: join(repository, 'tsconfig.json'), compilerOptions: only, include: ['src', 'workers'] };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ ...config, exclude: [] }));
}

const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true };

/** Without what tap gives its children: coverage of the copy is of no interest, and takes time. */
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(_?TAP|NODE_)/.test(name)));
const node = async (...args: string[]): Promise<string> =>
  (await promisify(execFile)(process.execPath, args, { cwd: folder, env })).stdout;

const folder = tap.testdir();
const call = (...args: string[]) => node(join(folder, 'dist', 'src', 'cli.js'), ...args);
const resultsOf = (run: string) => parseResults(readFileSync(join(folder, run, 'results.json'), 'utf8'), run);
const own = (curves: readonly Curve[], source: string) =>
  curves.filter((curve) => curve.source === source && curve.target === source);

test('the page shows each kind, and the rule as the README does', (t) => {
  t.same(
    examples.flatMap(({ table }) => table ?? []).map((table) => table.split('/')[1]),
    ['rules', 'attacks', 'losses', 'models', 'training', 'datasets'],
  );
  const [rule] = /export const signSymmetry.*?\n};\n/s.exec(readFileSync(join(repository, 'README.md'), 'utf8')) ?? [
    '',
  ];
  t.ok(examples[0].code.includes(rule));
  t.end();
});

test('with a file and a row each, all of them compile and work from the command line', {
  timeout: 170_000,
}, async (t) => {
  copyWithExamples(folder);
  const compiler = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  const checked = node(compiler, '-p', folder).catch((error: { stdout: string }) => error.stdout);

  await t.test('the rule trains on MNIST, and is attacked along its own path and the true one', async (t) => {
    const size = ['--train-size', '1600', '--test-size', '200', '--epochs', '2'];
    await call('mnist', '--rules', 'ss', ...size, '--attacks', 'bim', '--epsilons', '0,0.2', '--path', 'true,feedback', '--no-audit', '--out', 'ss'); // biome-ignore format: one line
    const { models, curves } = resultsOf('ss');
    t.ok(models.ss.cleanAccuracy > 0.6, `it has learnt: ${models.ss.cleanAccuracy}`);
    t.same(
      curves.map(({ source, target, path }) => [source, target, path]),
      [
        ['ss', 'ss', 'feedback'],
        ['ss', 'ss', 'true'],
      ],
    );
    const [along, truly] = curves.map(({ points }) => points.map(({ correct }) => correct));
    t.equal(along[0], truly[0], 'without attack the two are the same');
    t.ok(truly[1] < truly[0] / 2, 'its true gradient fools it');
    t.notSame(along, truly, 'and is not what it learns by');
  });

  await t.test('the others train on the new data set, with the general preset, and are attacked', async (t) => {
    const choice = ['--model', 'small', '--optimizer', 'sign-sgd', '--lr', '0.002', '--attacks', 'fgsm,r-fgsm'];
    await call('bars', ...choice, '--loss', 'squared-error', '--epochs', '6', '--epsilons', '0,0.4', '--no-audit', '--out', 'bars'); // biome-ignore format: one line
    const { models, curves, chance } = resultsOf('bars');
    t.same(Object.keys(models), ['bp', 'fa'], 'rules are the two of the paper unless told otherwise');
    t.ok(models.bp.cleanAccuracy > 0.9, `it has learnt: ${models.bp.cleanAccuracy}`);
    t.ok(chance && chance >= 0.5 && chance < 0.6, 'two classes');
    const [fgsm, randomFgsm] = own(curves, 'bp').map(({ points }) => points);
    t.ok(randomFgsm[1].correct < randomFgsm[0].correct, 'the attack fools some');
    t.not(randomFgsm[1].correct, fgsm[1].correct, 'and is not FGSM');
    t.equal(JSON.parse(readFileSync(join(folder, 'bars', 'config.json'), 'utf8')).preset, 'general');
  });

  await t.test('the help and the list of data sets know them', async (t) => {
    const help = await call('bars', '--help');
    for (const name of ['ss', 'r-fgsm', 'squared-error', 'small', 'sign-sgd']) t.match(help, new RegExp(`[ ,]${name}`));
    t.match(await call('data'), /bars\s+│ Bars\s+│ no files/);
  });

  t.equal(await checked, '', 'and the compiler finds nothing to say');
});
