/*
 * Builds dist/, and only the steps whose sources have changed.
 *
 * Each step stores a hash of the names and contents of its sources, its settings and the list of installed packages.
 * The files' times don't count, as `git checkout` and `git pull` change them. A step removes its hash before it works
 * and writes it afterwards, so that an interrupted build counts as not done. Of several builds at once, such as in two
 * terminals, one works and the others wait.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const ROOTS = ['src', 'workers', 'test', 'bench'];
const ASSEMBLY = 'src/tensor/assembly';
const WASM = 'dist/src/tensor/kernels.wasm';
const BUILD_INFO = 'dist/.tsbuildinfo';

/** Returns the paths of all files under a folder, in order, without hidden files and other packages' files. */
const filesUnder = (folder) =>
  existsSync(folder)
    ? readdirSync(folder, { withFileTypes: true })
        .filter(({ name }) => !name.startsWith('.') && name !== 'node_modules')
        .flatMap((entry) => {
          const path = `${folder}/${entry.name}`;
          return entry.isDirectory() ? filesUnder(path) : entry.isFile() ? [path] : [];
        })
        .sort()
    : [];

/** Returns the files under a folder that a build reads. An editor's backup copies are not among them. */
const sourcesUnder = (folder) => filesUnder(folder).filter((file) => /\.(c?ts|mjs|json|html|css)$/.test(file));

const modules = ROOTS.flatMap(sourcesUnder).filter((file) => /\.c?ts$/.test(file) && !file.startsWith(`${ASSEMBLY}/`));

const steps = [
  {
    name: 'typescript',
    sources: [...modules, 'tsconfig.json', 'package.json'],
    outputs: modules
      .filter((file) => !file.endsWith('.d.ts'))
      .map((file) => `dist/${file.replace(/\.(c?)ts$/, '.$1js')}`),
    command: ['node_modules/typescript/bin/tsc', '-p', '.'],
    /** @param complete true if the last compilation ended and all its output files exist */
    prepare(complete) {
      // tsc's record of its last run doesn't cover missing files, or files of an interrupted run.
      if (!complete) rmSync(BUILD_INFO, { force: true });
      // Otherwise, a test whose source was deleted would still run.
      for (const file of ROOTS.flatMap((root) => filesUnder(`dist/${root}`))) {
        const made = /^dist\/(.*?)(\.js|\.js\.map|\.d\.ts)$/.exec(file);
        if (made && !existsSync(`${made[1]}.ts`)) rmSync(file);
      }
    },
  },
  {
    name: 'assemblyscript',
    sources: sourcesUnder(ASSEMBLY),
    outputs: [WASM],
    command: [
      'node_modules/assemblyscript/bin/asc.js',
      `${ASSEMBLY}/index.ts`,
      ...['--config', `${ASSEMBLY}/asconfig.json`, '-o', WASM],
    ],
    prepare: () => {},
  },
];

/** The lab's page, which contains the kernels and is built after them. */
const page = {
  name: 'lab',
  sources: [...sourcesUnder('src'), 'package.json'],
  outputs: ['index.html', 'page.js', 'worker.js', 'kernels.wasm', 'train.gz'].map((file) => `dist/lab/${file}`),
  command: ['src/lab/build.mjs'],
  prepare: () => {},
};

/** An error that the user can correct. Its message is printed without a stack trace, and the exit code is 2. */
class Refusal extends Error {}

/** Checks that a step's compiler is installed and runs. @throws {Refusal} if it does not */
async function checkTool({ name, command }) {
  let reason = existsSync(command[0]) ? undefined : `${command[0]} is missing`;
  if (name === 'lab') {
    try {
      const { transform } = await import('esbuild');
      await transform(''); // esbuild's program is a package of its own for each platform
    } catch ({ message }) {
      reason = message.trim().split('\n')[0];
    }
  }
  if (reason === undefined) return;
  const tool = name === 'lab' ? 'esbuild' : name;
  throw new Refusal(
    `dist/ can't be built without ${tool}: ${reason}\n` +
      'The build needs the development packages and the optional packages. Run `npm ci` without --omit, then repeat the command.',
  );
}

/** Checks that a step can write its output files. @throws {Refusal} if it can't */
function checkWritable({ name, outputs }) {
  for (const output of [...outputs, `dist/.built-${name}`]) {
    let nearest = output;
    while (!existsSync(nearest)) nearest = dirname(nearest);
    const use = statSync(nearest).isDirectory() ? constants.W_OK | constants.X_OK : constants.W_OK;
    try {
      accessSync(nearest, use);
    } catch ({ code }) {
      throw unwritable(resolve(nearest), code);
    }
  }
}

const unwritable = (path, code) =>
  new Refusal(
    `dist/ must be built: it is incomplete, or older than its sources. But ${path} can't be written to (${code}).\n` +
      'Run `npm run build` as a user who may write there, or copy the whole folder to a place where you may write.',
  );

/** Returns the state of a step: its last build's hash, the current one, and whether all its output files exist. */
function stateOf({ name, sources, outputs }) {
  const file = `dist/.built-${name}`;
  const before = existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  const now = printOf([...sources, 'node_modules/.package-lock.json']);
  return { file, before, now, present: outputs.every((output) => existsSync(output)) };
}

const isDone = ({ before, now, present }) => present && before === now;

/** Runs a step unless its output files exist and its hash is current. @returns true if the step succeeded */
async function make(step) {
  const state = stateOf(step);
  if (isDone(state)) return true;
  const { file, before, now, present } = state;
  const { command, prepare } = step;
  rmSync(file, { force: true });
  prepare(before !== undefined && present);
  const [code] = await once(spawn(process.execPath, command, { stdio: ['ignore', 'inherit', 'inherit'] }), 'close');
  // A compiler that found errors has also ended (code null: it was killed), and must run again.
  if (code !== null) writeFileSync(file, code === 0 ? now : 'mistakes');
  return code === 0;
}

function printOf(files) {
  const hash = createHash('sha256');
  for (const file of files) {
    if (existsSync(file)) hash.update(`${file}\0`).update(createHash('sha256').update(readFileSync(file)).digest());
  }
  return hash.digest('hex');
}

/** Does work under a lock, so that no other process does it at the same time; takes over the lock of a dead process. */
async function alone(work) {
  const file = 'dist/.building';
  mkdirSync('dist', { recursive: true });
  for (let told = false; ; ) {
    try {
      writeFileSync(file, `${process.pid}`, { flag: 'wx' });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const holder = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0;
    if (holder > 0 && !lives(holder)) rmSync(file, { force: true });
    else if (!told)
      console.error(`Waiting for process ${holder}, which builds dist/. If no such process runs, remove ${file}.`);
    told = true;
    await sleep(100);
  }
  process.once('exit', () => rmSync(file, { force: true }));
  return await work();
}

function lives(pid) {
  try {
    process.kill(pid, 0); // no signal: only asks if the process exists
    return true;
  } catch (error) {
    return error.code !== 'ESRCH';
  }
}

const pages = existsSync(page.command[0]) ? [page] : [];

async function build() {
  for (const step of [steps, pages]) {
    const well = await Promise.all(step.map(make));
    if (!well.every(Boolean)) return false;
  }
  return true;
}

try {
  const todo = [...steps, ...pages].filter((step) => !isDone(stateOf(step)));
  for (const step of todo) {
    checkWritable(step);
    await checkTool(step);
  }
  if (todo.length > 0 && !(await alone(build))) process.exitCode = 1;
} catch (error) {
  const refusal = ['EACCES', 'EPERM', 'EROFS'].includes(error.code)
    ? unwritable(resolve(error.path ?? 'dist'), error.code)
    : error;
  if (!(refusal instanceof Refusal)) throw refusal;
  console.error(refusal.message);
  process.exitCode = 2;
}
