import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** What is timed: the same work by everyone. */
export type Work = 'bp' | 'fa' | 'bim' | 'resnet20-bp' | 'resnet20-fa';

export const workNames: Record<Work, string> = {
  bp: 'LeNet-5, MNIST, BP epoch',
  fa: 'LeNet-5, MNIST, FA epoch',
  bim: 'LeNet-5, MNIST, BIM on 10,000 images',
  'resnet20-bp': 'ResNet-20, CIFAR-10, BP epoch',
  'resnet20-fa': 'ResNet-20, CIFAR-10, FA epoch',
};

/** Images that each is about. */
export const wholeWork: Record<Work, number> = {
  bp: 60_000,
  fa: 60_000,
  bim: 10_000,
  'resnet20-bp': 50_000,
  'resnet20-fa': 50_000,
};

/** Images of a mini-batch, everywhere. */
export const BATCH = 64;

/** A peer's time for a piece of work. */
export interface PeerTime {
  readonly peer: string;
  readonly work: Work;
  /** For the whole work; scaled to it where fewer images were measured. */
  readonly seconds: number;
  readonly threads: number;
  readonly images: number;
  readonly note?: string;
}

/** A peer that could not take part. */
export interface Skipped {
  readonly peer: string;
  readonly reason: string;
}

/** Works on one network: this package, and its peers by name. */
export interface Contest {
  /** This package's seconds for the whole of each work, which grow by one with each {@link measure}. */
  readonly own: Partial<Record<Work, readonly number[]>>;
  measure(): Promise<void>;
  readonly peers: Readonly<Record<string, () => Promise<readonly PeerTime[]>>>;
}

/** How much is asked of the peers. */
export interface PeerEffort {
  /** Turns that PyTorch has. */
  readonly rounds: number;
  /** Share of LeNet-5's images that it and this package are given; the times are scaled. */
  readonly scale: number;
  /** Mini-batches for the peers in JavaScript, which are slow, and for all who train ResNet-20. */
  readonly batches: { readonly tfjs: number; readonly jaxJs: number; readonly resnet20: number };
  /** Whether PyTorch may use nothing newer than AVX2. */
  readonly avx2: boolean;
}

/** The folder of this project's sources in which the peers' scripts lie, and their packages once installed. */
export const peersFolder = fileURLToPath(new URL('../../../bench/peers/', import.meta.url));

/** Nothing here takes this long, unless the machine is far too slow for it. */
const TIMEOUT = 20 * 60 * 1000;

/**
 * Runs a program to its end.
 *
 * @returns what it printed
 * @throws {Error} if it can't be started, fails or takes too long; the message says why, in a line
 */
export async function runProgram(
  program: string,
  parameters: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<string> {
  try {
    const options = { cwd: peersFolder, timeout: TIMEOUT, env: { ...process.env, ...environment } };
    const { stdout } = await promisify(execFile)(program, [...parameters], options);
    return stdout;
  } catch (error) {
    const { killed, stderr, message } = error as Error & { readonly killed?: boolean; readonly stderr?: string };
    if (killed) throw new Error(`took longer than ${TIMEOUT / 60_000} minutes`);
    throw new Error(reasonIn(stderr ?? '') ?? message);
  }
}

/** The line of a program's complaint that says what is wrong: Python's and Node's last error, or npm's first. */
function reasonIn(complaint: string): string | undefined {
  const lines = complaint.split('\n').filter((line) => line.trim() !== '');
  const thrown = lines.findLast((line) => /^\w*(Error|Exception)\b[^:]*: /.test(line));
  return thrown ?? lines.find((line) => /error/i.test(line)) ?? lines.at(-1);
}

/** The JSON object that a peer's script printed, on a line of its own. */
export function jsonIn<T>(printed: string): T {
  const line = printed.split('\n').find((each) => each.startsWith('{'));
  if (line === undefined) throw new Error('printed no result');
  return JSON.parse(line);
}
