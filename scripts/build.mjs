/*
 * Builds dist/: of it, only what its sources ask for.
 *
 * Each step leaves a print of what it was made from: a hash over the names and contents of its sources, its settings
 * and the list of what is installed. Files' times are not asked, since `git checkout` and `git pull` set them as they
 * come. A step removes its print before it works and writes it afterwards, so that a build that was cut short counts as
 * none. Of several builds at once, in two terminals for instance, one works and the others wait.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const ROOTS = ['src', 'workers', 'test', 'bench'];
const ASSEMBLY = 'src/tensor/assembly';
const WASM = 'dist/src/tensor/kernels.wasm';
const BUILD_INFO = 'dist/.tsbuildinfo';

/** The paths of all files under a folder, in order. */
const filesUnder = (folder) =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ parentPath, name }) => `${parentPath}/${name}`.replaceAll('\\', '/'))
        .sort()
    : [];

const modules = ROOTS.flatMap(filesUnder).filter((file) => /\.c?ts$/.test(file) && !file.startsWith(`${ASSEMBLY}/`));

const steps = [
  {
    name: 'typescript',
    sources: [...modules, 'tsconfig.json', 'package.json'],
    outputs: modules
      .filter((file) => !file.endsWith('.d.ts'))
      .map((file) => `dist/${file.replace(/\.(c?)ts$/, '.$1js')}`),
    command: ['node_modules/typescript/bin/tsc', '-p', '.'],
    /** @param complete whether the last compilation came to its end and all that it wrote is there. */
    prepare(complete) {
      // What tsc remembers of its last run says nothing of files that are missing, or written by a run cut short.
      if (!complete) rmSync(BUILD_INFO, { force: true });
      // A test whose source is gone would run for ever after.
      for (const file of ROOTS.flatMap((root) => filesUnder(`dist/${root}`))) {
        const made = /^dist\/(.*?)(\.js|\.js\.map|\.d\.ts)$/.exec(file);
        if (made && !existsSync(`${made[1]}.ts`)) rmSync(file);
      }
    },
  },
  {
    name: 'assemblyscript',
    sources: filesUnder(ASSEMBLY),
    outputs: [WASM],
    command: [
      'node_modules/assemblyscript/bin/asc.js',
      `${ASSEMBLY}/index.ts`,
      ...['--config', `${ASSEMBLY}/asconfig.json`, '-o', WASM],
    ],
    prepare: () => {},
  },
];

/** The lab's page, with the kernels in it: after they are made. */
const page = {
  name: 'lab',
  sources: [...filesUnder('src'), 'package.json'],
  outputs: ['index.html', 'page.js', 'worker.js', 'kernels.wasm', 'train.gz'].map((file) => `dist/lab/${file}`),
  command: ['src/lab/build.mjs'],
  prepare: () => {},
};

/** How a step stands: the print that its last build left, today's, and whether all that it makes is there. */
function stateOf({ name, sources, outputs }) {
  const file = `dist/.built-${name}`;
  const before = existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  const now = printOf([...sources, 'node_modules/.package-lock.json']);
  return { file, before, now, present: outputs.every((output) => existsSync(output)) };
}

const isDone = ({ before, now, present }) => present && before === now;

/** Runs a step unless what it made is there and its print is that of today's sources. @returns whether it is well. */
async function make(step) {
  const state = stateOf(step);
  if (isDone(state)) return true;
  const { file, before, now, present } = state;
  const { command, prepare } = step;
  rmSync(file, { force: true });
  prepare(before !== undefined && present);
  const [code] = await once(spawn(process.execPath, command, { stdio: ['ignore', 'inherit', 'inherit'] }), 'close');
  // A compiler that found mistakes has come to its end too (code null: it was killed), and must run again.
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

/** Does work that no other process does at the same time; a lock whose process has ended is taken over. */
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
      console.error(`Waiting for process ${holder}, which builds dist/ (if there is none, remove ${file}).`);
    told = true;
    await sleep(100);
  }
  process.once('exit', () => rmSync(file, { force: true }));
  return await work();
}

function lives(pid) {
  try {
    process.kill(pid, 0); // no signal: only asks whether there is such a process
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

if (![...steps, ...pages].every((step) => isDone(stateOf(step))) && !(await alone(build))) process.exitCode = 1;
