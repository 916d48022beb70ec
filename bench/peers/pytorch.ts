/* PyTorch, where a Python has it: pytorch.py with one thread and with all, and the better of each work. */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { datasets } from '../../src/datasets/index.js';
import { median } from '../measure.js';
import { jsonIn, type PeerTime, peersFolder, runProgram, type Work, wholeWork } from './peer.js';

/** The one on the PATH may be of a version manager, without PyTorch, where the system's own has it. */
const PYTHONS = ['python3', '/usr/bin/python3', 'python'];

/** What pytorch.py prints. Times are in seconds, for `images` each. */
interface Answer {
  readonly version: string;
  readonly blas: string;
  readonly threads: number;
  readonly images: number;
  readonly bp: number;
  readonly bpLoaded: number;
  readonly fa: number;
  readonly bim: { readonly seconds: number; readonly images: number; readonly batch: number };
}

/**
 * @param rounds how often each piece of work is measured with each number of threads
 * @param between called before each round, to take turns
 * @throws {Error} if there is no PyTorch, or it fails; the message says why
 */
export async function pytorch(rounds: number, scale: number, between: () => Promise<void>): Promise<PeerTime[]> {
  const python = await findPython();
  const threadCounts = [...new Set([1, availableParallelism()])];
  const answers: Answer[][] = threadCounts.map(() => []);
  for (let round = 0; round < rounds; round++) {
    await between();
    for (const [i, threads] of threadCounts.entries()) {
      const environment = { OMP_NUM_THREADS: `${threads}`, OPENBLAS_NUM_THREADS: `${threads}` };
      const parameters = [join(peersFolder, 'pytorch.py'), datasets.mnist.folder(), `${scale}`];
      answers[i].push(jsonIn(await runProgram(python, parameters, environment)));
    }
  }
  const best = (work: Work, how: string | undefined, measured: (answer: Answer) => Measured): PeerTime =>
    answers
      .map((ofThreads) => timeOf(ofThreads, work, how, measured))
      .reduce((fastest, time) => (time.seconds < fastest.seconds ? time : fastest));
  return [
    best('bp', 'indexed', ({ bp, images }) => ({ seconds: bp, images })),
    best('bp', 'DataLoader', ({ bpLoaded, images }) => ({ seconds: bpLoaded, images })),
    best('fa', 'BioTorch’s layers, re-implemented', ({ fa, images }) => ({ seconds: fa, images })),
    best('bim', undefined, ({ bim }) => bim),
  ];
}

interface Measured {
  readonly seconds: number;
  readonly images: number;
  readonly batch?: number;
}

function timeOf(
  answers: readonly Answer[],
  work: Work,
  how: string | undefined,
  measured: (answer: Answer) => Measured,
): PeerTime {
  const [{ version, threads, blas }] = answers;
  const { images, batch } = measured(answers[0]);
  const parts = [how, batch === undefined ? undefined : `batches of ${batch}`, blas];
  return {
    peer: version,
    work,
    seconds: (median(answers.map((answer) => measured(answer).seconds)) * wholeWork[work]) / images,
    threads,
    images,
    note: parts.filter((part) => part !== undefined).join('; '),
  };
}

async function findPython(): Promise<string> {
  const tried: string[] = [];
  for (const python of PYTHONS) {
    try {
      await runProgram(python, ['-c', 'import numpy, torch']);
      return python;
    } catch (error) {
      tried.push(`${python}: ${(error as Error).message}`);
    }
  }
  throw new Error(`no Python here can import torch and numpy (${tried.join('; ')})`);
}
