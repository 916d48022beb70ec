/* A small finished run that tests damage, and every command that reads it. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encode } from 'fast-png';
import { t as root, type Test } from 'tap';
import type { Finished } from './command-line.js';

const cwd = root.testdir();
const loop = fork(fileURLToPath(new URL('./cli-loop.js', import.meta.url)), { cwd });
root.setTimeout(600_000);
root.teardown(() => loop.kill());

/** The program with these arguments. */
export async function call(...args: string[]): Promise<Finished> {
  loop.send(args);
  return (await once(loop, 'message'))[0] as Finished;
}

/** Two classes of grey pictures of 16 x 16 pixels. */
export function draw(folder: string, shift = 0): void {
  for (const [label, name] of ['cats', 'dogs'].entries()) {
    mkdirSync(join(folder, name), { recursive: true });
    for (let i = 0; i < 10; i++) {
      const data = Uint8Array.from({ length: 256 }, (_, p) => (p * (label + 3) * 7 + i * 31 + shift) % 256);
      writeFileSync(join(folder, name, `${i}.png`), encode({ width: 16, height: 16, data, channels: 1 }));
    }
  }
}

export const path = (...names: string[]) => join(cwd, ...names);
export const WHOLE = path('whole');
export const RUN = path('run');
draw(path('pictures'));
const runOptions = ['--epochs', '2', '--batch-size', '8', '--attacks', 'fgsm', '--epsilons', '0,0.3', '--workers', '1'];
/** An audit of some tenths of a second. */
export const little = (iterations = 2) => [
  ...['--images', '4', '--epsilons', '0.1,0.3', '--iterations', `${iterations}`, '--restarts', '1', '--queries', '5'],
  ...['--spsa-images', '0', '--targets', '1', '--workers', '1'],
];
export const made = [
  await call('folder', '--data', path('pictures'), '--out', WHOLE, '--no-audit', ...runOptions),
  await call('audit', WHOLE, ...little()),
];

/** The whole run's folder again. */
export function restore(): void {
  rmSync(RUN, { recursive: true, force: true });
  cpSync(WHOLE, RUN, { recursive: true });
}

interface Reader {
  readonly args: readonly string[];
  /** The files without which, or with which damaged, the command can't go on. */
  readonly reads: readonly string[];
  readonly prepare?: () => void;
}
const networks = ['bp.safetensors', 'fa.safetensors'];
const image = ['--images', '2', '--workers', '1'];
export const goOn = ['folder', '--config', path('run', 'config.json'), '--out', RUN, '--workers', '1', '--no-audit'];
export const readers: Record<string, Reader> = {
  report: { args: ['report', RUN], reads: ['config', 'results', 'audit', 'gallery'] },
  compare: { args: ['compare', RUN, '--out', path('summary')], reads: ['config', 'results', 'audit', 'metrics'] },
  audit: { args: ['audit', RUN, ...little()], reads: ['config', 'results', 'audit', ...networks] },
  attack: { args: ['attack', RUN, '--epsilons', '0.1', ...image], reads: ['config', 'results', ...networks] },
  export: { args: ['export', RUN, '--images', '2'], reads: ['config', 'results', ...networks] },
  inspect: { args: ['inspect', RUN], reads: ['config', 'results', ...networks] },
  lab: { args: ['lab', RUN, '--port', '0'], reads: ['config'] },
  folder: {
    args: goOn,
    reads: ['config', ...networks],
    prepare: () => rmSync(path('run', 'results.json')),
  },
};
export const fileOf = (name: string) =>
  name.includes('.') ? name : name === 'metrics' ? 'metrics.jsonl' : `${name}.json`;

const helps = new Map<string, string>();

/** The options that a command has. */
async function optionsOf(command: string): Promise<string> {
  const known = helps.get(command) ?? (await call(...command.split(' '), '--help')).stdout;
  helps.set(command, known);
  return known;
}

/** Every option that a message names is one of its command's: of the one at hand, or of one that it spells out. */
async function foreignOptions(message: string, command: string): Promise<string[]> {
  const named: [option: string, command: string][] = [];
  const rest = message.replaceAll(/`npm start -- (\S+)([^`]*)`/g, (_, other: string, options: string) => {
    for (const [option] of options.matchAll(/--[a-z-]+/g)) named.push([option, other]);
    return '';
  });
  for (const [option] of rest.matchAll(/(?<![\w-])--[a-z][a-z-]*/g)) named.push([option, command]);
  const foreign: string[] = [];
  for (const [option, of] of named) if (!(await optionsOf(of)).includes(`${option} `)) foreign.push(`${option} of ${of}`); // biome-ignore format: one line
  return foreign;
}

/** What every refusal is: exit code 2, one message that ends in a full stop, no stack trace, options that there are. */
export async function checkRefusal(t: Test, { code, stderr }: Finished, command: string, what: string): Promise<void> {
  t.equal(code, 2, `${what}: ${stderr}`);
  t.notMatch(stderr, /\n\s+at /, what);
  const said = stderr.trim();
  t.match(said, /\.$/, what);
  t.ok(said.length < 1500, `${what}: ${said}`);
  t.same(await foreignOptions(said, command), [], `${what}: ${said}`);
}
