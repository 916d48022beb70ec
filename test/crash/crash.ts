/** Runs that are killed, as by a power cut, and begun again: they must end as one that never was. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stream } from '../../src/tensor/random.js';

const CLI = fileURLToPath(new URL('../../src/cli.js', import.meta.url));

/** A small run, new attacks on its networks, and its audit: some seconds of each step. */
const commandsFor = (folder: string): string[][] => [
  ['mnist', '--train-size', '2000', '--test-size', '200', '--epochs', '3', '--attacks', 'fgsm,bim'].concat(
    '--epsilons',
    '0,0.1,0.3',
    '--iterations',
    '3',
    '--no-audit',
    '--out',
    folder,
  ),
  [
    'attack',
    folder,
    ...['--attacks', 'pgd', '--iterations', '3', '--epsilons', '0.1', '--path', 'feedback,true', '--images', '200'],
    ...['--name', 'again'],
  ],
  [
    'audit',
    folder,
    '--images',
    '20',
    '--epsilons',
    '0.3',
    '--iterations',
    '5',
    '--queries',
    '20',
    '--spsa-images',
    '0',
  ],
];

/** How often a command is killed at most; then it may go on to its end. */
const MOST_KILLS = 4;

export interface CrashOptions {
  /** An empty folder for the runs. */
  readonly folder: string;
  readonly runs: number;
  /** Decides when the runs are killed. */
  readonly seed: number;
  readonly log: (line: string) => void;
}

/**
 * Kills a small run with SIGKILL at random moments and begins it again until it ends, `runs` times.
 *
 * @returns what each run that did not end as the undisturbed one ended with
 */
export async function crashTest({ folder, runs, seed, log }: CrashOptions): Promise<string[]> {
  const whole = join(folder, 'whole');
  const milliseconds: number[] = [];
  for (const command of commandsFor(whole)) {
    const started = performance.now();
    const end = await finish(start(command));
    if (end.code !== 0) throw new Error(`the undisturbed run ended with code ${end.code}: ${end.stderr}`);
    milliseconds.push(performance.now() - started);
  }
  const [first, ...others] = milliseconds.map((each) => `${(each / 1000).toFixed(1)} s`);
  log(`undisturbed: ${first}, new attacks and its audit ${others.join(', ')}`);
  const failures: string[] = [];
  for (let run = 1; run <= runs; run++) {
    const broken = join(folder, `broken-${run}`);
    const moments: string[] = [];
    const random = stream(seed).split(run);
    let fault: string | undefined;
    for (const [index, command] of commandsFor(broken).entries()) {
      fault ??= await untilItEnds(command, () => random.uniform() * 1.1 * milliseconds[index], moments);
    }
    fault ??= difference(whole, broken);
    log(`run ${run}: ${moments.join(', ')}: ${fault ?? 'the same'}`);
    if (fault !== undefined) failures.push(`run ${run} (killed ${moments.join(', ')}): ${fault}`);
    else rmSync(broken, { recursive: true });
  }
  return failures;
}

/** Begins a command, kills it after a random time, and begins it again, until it ends. Returns what it ends with if not well. */
async function untilItEnds(command: readonly string[], randomTime: () => number, moments: string[]) {
  for (let kills = 0; ; kills++) {
    const child = start(command);
    const after = kills < MOST_KILLS ? randomTime() : Number.POSITIVE_INFINITY;
    const timer = Number.isFinite(after) ? setTimeout(() => child.kill('SIGKILL'), after) : undefined;
    const { code, signal, stderr } = await finish(child);
    clearTimeout(timer);
    if (signal === 'SIGKILL') {
      moments.push(`${command[0]} after ${(after / 1000).toFixed(2)} s`);
      continue;
    }
    // Killed after its last file was written: what it was to do is done.
    const done = code === 0 || (code === 2 && /holds (a finished run|these attacks)/.test(stderr));
    return done ? undefined : `code ${code}: ${stderr.trim()}`;
  }
}

const start = (command: readonly string[]) =>
  spawn(process.execPath, [CLI, ...command], { stdio: ['ignore', 'ignore', 'pipe'] });

async function finish(child: ReturnType<typeof start>) {
  let stderr = '';
  child.stderr.on('data', (data) => {
    stderr += data;
  });
  const [code, signal] = await once(child, 'close');
  return { code, signal, stderr };
}

/** In what two runs' folders differ: files, tensors, tables, figures, curves; not in times or workers. Undefined if in nothing. */
export function difference(one: string, other: string): string | undefined {
  // The report is made of the other files, times and workers included.
  const filesIn = (folder: string) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name !== 'report.html')
      .map(({ parentPath, name }) => relative(folder, join(parentPath, name)))
      .sort();
  const [expected, found] = [filesIn(one), filesIn(other)];
  if (expected.join() !== found.join()) return `the files are ${found.join(', ')}; expected are ${expected.join(', ')}`;
  const different = expected.filter((name) => !withoutTimes(join(one, name)).equals(withoutTimes(join(other, name))));
  return different.length > 0 ? `${different.join(', ')} differ` : undefined;
}

/** A file's bytes but for what two runs of the same need not share: how many seconds and workers they took. */
function withoutTimes(file: string): Buffer {
  const bytes = readFileSync(file);
  if (!/\.jsonl?$/.test(file)) return bytes;
  return Buffer.from(bytes.toString().replaceAll(/"(seconds|trainSeconds|workers)": ?[\d.e-]+/g, '"$1":0'));
}
