/* Calls the program within this process, and checks the files that a call leaves. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createProgram } from '../../../src/cli/program.js';
import { toldOf } from '../../../src/commands/outcome.js';

/** The end of a call. */
export interface Ended {
  /** The exit code that the process would have; undefined where it would print a stack trace. */
  readonly code: number | undefined;
  readonly output: string;
}

async function captured<Result>(work: () => Promise<Result>, onText: (text: string) => void): Promise<Result> {
  const streams = [process.stdout, process.stderr];
  const own = streams.map((stream) => stream.write);
  for (const stream of streams) {
    stream.write = (text: string | Uint8Array): boolean => {
      onText(`${text}`);
      return true;
    };
  }
  try {
    return await work();
  } finally {
    for (const [i, stream] of streams.entries()) stream.write = own[i];
  }
}

export const program = createProgram();

setFlagsFromString('--expose-gc');
/** Collects the heaps of earlier calls: V8 knows only their small JavaScript objects, not the memory behind them. */
const collect: () => void = runInNewContext('gc');
const CALLS_BETWEEN = 10;
let calls = 0;

/** Runs a command line. A command that runs until Ctrl-C gets this signal as soon as it mentions it. */
export async function call(args: readonly string[]): Promise<Ended> {
  if (calls++ % CALLS_BETWEEN === 0) collect();
  let output = '';
  const onText = (text: string) => {
    output += text;
    if (text.includes('Ctrl-C ends it')) setImmediate(() => process.emit('SIGINT'));
  };
  try {
    await captured(() => program.parseAsync(args, { from: 'user' }), onText);
    const code = Number(process.exitCode ?? 0);
    return { code, output };
  } catch (error) {
    const told = toldOf(error);
    output += told?.message ?? (error as Error).stack;
    return { code: told?.code, output };
  } finally {
    process.exitCode = undefined;
  }
}

/** Returns every file below a folder with its modification time, in ns. */
export function filesIn(folder: string): Map<string, bigint> {
  const files = new Map<string, bigint>();
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    const found = statSync(join(folder, name), { bigint: true });
    if (found.isFile()) files.set(name, found.mtimeNs);
  }
  return files;
}

/** Returns the files that are half-written, temporary or locks. */
export function tornIn(folder: string): string[] {
  return [...filesIn(folder).keys()].filter((name) => {
    if (/(\.tmp|\.lock)$/.test(name)) return true;
    if (!/\.(json|jsonl|csv)$/.test(name)) return false;
    const text = readFileSync(join(folder, name), 'utf8');
    return !text.endsWith('\n') || (name.endsWith('.json') && !isJson(text));
  });
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
