/* A real terminal for the program to run on: util-linux's `script` makes one, and hands its keyboard to our pipe. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { cli } from './command-line.js';

/** False where there is a `script` that makes terminals, else why not: for a test's `skip`. */
export const noTerminal = /util-linux/.test(spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout ?? '')
  ? false
  : "there is no util-linux's script here";

export const CTRL_C = '\u0003';

/** After which a program that should have ended is killed, in milliseconds: it has failed the test. */
const A_LONG_TIME = 60_000;

export interface Terminal {
  /** What was written to it so far, control characters and all. */
  text(): string;
  type(keys: string): void;
  /** Resolves when this was written to it. */
  shows(pattern: RegExp): Promise<void>;
  /** The exit code as a shell tells it, and how long it took from the last keys, or from what it last showed. */
  ended(): Promise<{ readonly code: number | null; readonly seconds: number }>;
  /** Sends the program itself a signal, not its terminal. */
  kill(signal: NodeJS.Signals): void;
}

/** Starts the program on a terminal of so many columns, with these variables in its environment. */
export function onTerminal(
  args: readonly string[],
  cwd: string,
  columns = 80,
  environment: NodeJS.ProcessEnv = {},
): Terminal {
  const quoted = [process.execPath, cli, ...args].map((word) => `'${word}'`).join(' ');
  const line = `stty cols ${columns}; exec ${quoted}`;
  const child = spawn('script', ['--quiet', '--return', '--flush', '--command', line, '/dev/null'], {
    cwd,
    // Where CI is set, the program draws no progress bar.
    env: { ...process.env, CI: '', ...environment, TERM: 'xterm', SHELL: '/bin/sh' },
  });
  const end = once(child, 'close');
  let text = '';
  let since = performance.now();
  child.stdout.on('data', (data) => {
    text += data;
  });
  return {
    text: () => text,
    type(keys) {
      since = performance.now();
      child.stdin.write(keys);
    },
    async shows(pattern) {
      while (!pattern.test(text)) {
        if (child.exitCode !== null) throw new Error(`the program ended without showing ${pattern}:\n${text}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      since = performance.now();
    },
    kill(signal) {
      since = performance.now();
      const children = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim();
      if (!/^\d+$/.test(children)) throw new Error('the program has ended');
      process.kill(Number(children), signal); // the shell has become the program
    },
    async ended() {
      const forgotten = setTimeout(() => child.kill('SIGKILL'), A_LONG_TIME);
      const [code] = await end;
      clearTimeout(forgotten);
      return { code, seconds: (performance.now() - since) / 1000 };
    },
  };
}

/** The lines that stand there in the end, as the bar at the bottom was erased and drawn anew. */
export const screen = (text: string): string[] =>
  text
    .replaceAll('\r\n', '\n')
    .split('\n')
    .map((line) => line.split('\r\u001b[K').at(-1) ?? '');

/** Whether the cursor is to be seen: never hidden, or shown again since. */
export const cursorShown = (text: string): boolean =>
  text.lastIndexOf('\u001b[?25h') >= text.lastIndexOf('\u001b[?25l');
