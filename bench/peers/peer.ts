import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** The pieces of work that all packages are timed at. */
export type Work = 'bp' | 'fa' | 'bim' | 'resnet20-bp' | 'resnet20-fa';

export const workNames: Record<Work, string> = {
  bp: 'LeNet-5, MNIST, BP epoch',
  fa: 'LeNet-5, MNIST, FA epoch',
  bim: 'LeNet-5, MNIST, BIM on 10,000 images',
  'resnet20-bp': 'ResNet-20, CIFAR-10, BP epoch',
  'resnet20-fa': 'ResNet-20, CIFAR-10, FA epoch',
};

/** The number of images of each piece of work. */
export const wholeWork: Record<Work, number> = {
  bp: 60_000,
  fa: 60_000,
  bim: 10_000,
  'resnet20-bp': 50_000,
  'resnet20-fa': 50_000,
};

/** The number of images in a mini-batch, for all packages. */
export const BATCH = 64;

/** A peer's time for a piece of work. */
export interface PeerTime {
  readonly peer: string;
  readonly work: Work;
  /** Seconds for the whole work, scaled if fewer images were measured. */
  readonly seconds: number;
  readonly threads: number;
  readonly images: number;
  readonly note?: string;
}

/** A peer that could not be measured. */
export interface Skipped {
  readonly peer: string;
  readonly reason: string;
}

/** The measurements on one network: this package's, and its peers' by name. */
export interface Contest {
  /** This package's seconds for each whole piece of work; each {@link measure} adds one number to each list. */
  readonly own: Partial<Record<Work, readonly number[]>>;
  measure(): Promise<void>;
  readonly peers: Readonly<Record<string, () => Promise<readonly PeerTime[]>>>;
}

/** The amount of work for the peers. */
export interface PeerEffort {
  /** The number of PyTorch's turns. */
  readonly rounds: number;
  /** The share of LeNet-5's images for PyTorch and this package; the times are scaled. */
  readonly scale: number;
  /** The numbers of mini-batches: for the peers in JavaScript, which are slow, and for all packages on ResNet-20. */
  readonly batches: { readonly tfjs: number; readonly jaxJs: number; readonly resnet20: number };
  /** True to limit PyTorch to AVX2 instructions. */
  readonly avx2: boolean;
}

/** The source folder with the peers' scripts, and their packages once they are installed. */
export const peersFolder = fileURLToPath(new URL('../../../bench/peers/', import.meta.url));

/** The longest time of a program in milliseconds, which only a far too slow machine exceeds. */
const TIMEOUT = 20 * 60 * 1000;

/**
 * Runs a program to its end.
 *
 * @returns its printed output
 * @throws {Error} if it can't be started, fails or takes too long; the message gives the reason in one line
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

/** Returns the line of an error output with the reason: Python's and Node's last error, or npm's first. */
function reasonIn(complaint: string): string | undefined {
  const lines = complaint.split('\n').filter((line) => line.trim() !== '');
  const thrown = lines.findLast((line) => /^\w*(Error|Exception)\b[^:]*: /.test(line));
  return thrown ?? lines.find((line) => /error/i.test(line)) ?? lines.at(-1);
}

/** Reads the JSON object that a peer's script has printed on its own line. */
export function jsonIn<T>(printed: string): T {
  const line = printed.split('\n').find((each) => each.startsWith('{'));
  if (line === undefined) throw new Error('the program printed no JSON object');
  return JSON.parse(line);
}
