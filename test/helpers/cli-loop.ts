/*
 * The program again and again in one process, for tests that try hundreds of command lines: a message of arguments from
 * the parent is answered by how the command ended and what it said.
 */
import type { Finished } from './command-line.js';

let output = { stdout: '', stderr: '' };
for (const name of ['stdout', 'stderr'] as const) {
  process[name].setMaxListeners(0); // the program listens anew each time
  process[name].write = ((text: string | Uint8Array, ...rest: unknown[]) => {
    output[name] += text;
    const done = rest.at(-1);
    if (typeof done === 'function') done();
    return true;
  }) as typeof process.stdout.write;
}
/** After an error the program would end itself a second later. */
process.exit = (() => {}) as unknown as typeof process.exit;

let times = 0;

async function run(args: readonly string[]): Promise<Finished> {
  output = { stdout: '', stderr: '' };
  process.exitCode = 0;
  process.argv = [process.execPath, 'cli.js', ...args];
  try {
    await import(`../../src/cli.js?${times++}`);
  } catch (error) {
    output.stderr += (error as Error).stack;
    process.exitCode = 1;
  }
  return { code: Number(process.exitCode), ...output };
}

process.on('message', (args: readonly string[]) => void run(args).then((ended) => process.send?.(ended)));
