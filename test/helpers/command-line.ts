/* The program as a shell starts it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export const cli = fileURLToPath(new URL('../../src/cli.js', import.meta.url));

/** A run small enough for a test: its options. */
export const smallRun = [
  ...['--train-size', '320', '--test-size', '64', '--epochs', '1'],
  ...['--attacks', 'fgsm', '--epsilons', '0,0.3', '--no-audit'],
];

/** The files of such a run. */
export const smallRunFiles = [
  'bp.safetensors',
  'config.json',
  'fa.safetensors',
  'figure-a.png',
  'figure-a.svg',
  'figure-b.png',
  'figure-b.svg',
  'figure-d.png',
  'figure-d.svg',
  'figure-e.png',
  'figure-e.svg',
  'gallery.json',
  'metrics.jsonl',
  'report.html',
  'results.csv',
  'results.json',
];

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export async function finish(child: ChildProcess): Promise<Finished> {
  const text = { stdout: '', stderr: '' };
  child.stdout?.on('data', (data) => {
    text.stdout += data;
  });
  child.stderr?.on('data', (data) => {
    text.stderr += data;
  });
  const [code] = await once(child, 'close');
  return { code, ...text };
}

/** The program with these arguments, in this folder. */
export const call = (args: readonly string[], cwd: string): Promise<Finished> =>
  finish(spawn(process.execPath, [cli, ...args], { cwd }));

/** A line of bash, in which `$run` stands for the program. */
export const shell = (line: string, cwd: string): Promise<Finished> =>
  finish(spawn('bash', ['-c', line], { cwd, env: { ...process.env, run: `${process.execPath} ${cli}` } }));
