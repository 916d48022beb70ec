/** The other side of a child: this program's own command line, in a process of its own, that does one run. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { UNGUARDED, unguarded } from '../tensor/address-space.js';
import type { Part } from './cores.js';
import { type ChildMessage, formatOrder, readMessage } from './messages.js';

const CLI = fileURLToPath(new URL('../cli.js', import.meta.url));

/** Characters of what a child says on standard error that are kept: the end. */
const KEPT = 4000;
/** How long a child that was told to end may take, in milliseconds. */
const GRACE = 5000;

export interface ChildOptions {
  /** The plan's file, the run's name in it, and the run's folder. */
  readonly plan: string;
  readonly name: string;
  readonly out: string;
  /** The cores it has: as many workers, and more once there are more. */
  readonly part: Part;
  /** Whether it draws figures; true by default. */
  readonly figures?: boolean;
  readonly onMessage: (message: ChildMessage) => void;
  /** Aborted, it ends the child. */
  readonly signal: AbortSignal;
}

/**
 * Does a run in a child. Should this process die, however it may, the child ends by itself: its standard input closes.
 *
 * @returns undefined if all went well, else why not, in the child's own words
 */
export async function runInChild(options: ChildOptions): Promise<string | undefined> {
  const { plan, name, out, part, figures = true, onMessage, signal } = options;
  signal.throwIfAborted();
  const args = [
    ...(unguarded() ? [UNGUARDED] : []),
    CLI,
    'run',
    plan,
    name,
    '--out',
    out,
    '--workers',
    `${part.cores}`,
    '--child',
  ];
  if (!figures) args.push('--no-figures');
  // No secret of this process is the child's.
  const { WEIGHT_TRANSPORT_REDIS: _, ...env } = process.env;
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'pipe'], env });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-KEPT);
  });
  child.stdin.on('error', () => {}); // it has ended already
  createInterface({ input: child.stdout }).on('line', (line) => {
    const message = readMessage(line);
    if (message) onMessage(message);
  });
  const end = () => {
    child.kill('SIGTERM');
    setTimeout(() => child.kill('SIGKILL'), GRACE).unref();
  };
  signal.addEventListener('abort', end, { once: true });
  part.onGrown = (workers) => void child.stdin.write(formatOrder({ workers }));
  try {
    const { code, killed } = await new Promise<{ code: number | null; killed: NodeJS.Signals | null }>(
      (resolve, reject) => {
        child.once('error', reject).once('close', (code, killed) => resolve({ code, killed }));
      },
    );
    if (code === 0) return undefined;
    const said = stderr.trim();
    if (killed) return `It was ended by ${killed}${killed === 'SIGKILL' ? ', as happens where memory is short' : ''}.`;
    return said === '' ? `It ended with exit code ${code} and no word.` : said;
  } finally {
    part.onGrown = undefined;
    signal.removeEventListener('abort', end);
  }
}
