/* PyTorch, where a Python has it: pytorch.py with one thread and with all, and the better of each work. */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { datasets } from '../../src/datasets/index.js';
import { median } from '../measure.js';
import { jsonIn, type PeerEffort, type PeerTime, peersFolder, runProgram, type Work, wholeWork } from './peer.js';

/** The one on the PATH may be of a version manager, without PyTorch, where the system's own has it. */
const PYTHONS = ['python3', '/usr/bin/python3', 'python'];

/** What pytorch.py prints. Times are in seconds, for `images` each. */
interface Answer {
  readonly version: string;
  readonly blas: string;
  readonly threads: number;
  readonly images: number;
  readonly bp: readonly number[];
  readonly bpLoaded: readonly number[];
  readonly fa: readonly number[];
  readonly bim: { readonly seconds: readonly number[]; readonly images: number; readonly batch: number };
}

/** @throws {Error} if there is no PyTorch, or it fails; the message says why */
export async function pytorch({ rounds, scale }: PeerEffort): Promise<PeerTime[]> {
  const python = await findPython();
  const answers: Answer[] = [];
  for (const threads of new Set([1, availableParallelism()])) {
    const environment = { OMP_NUM_THREADS: `${threads}`, OPENBLAS_NUM_THREADS: `${threads}` };
    const parameters = [join(peersFolder, 'pytorch.py'), datasets.mnist.folder(), `${rounds}`, `${scale}`];
    answers.push(jsonIn(await runProgram(python, parameters, environment)));
  }
  const best = (work: Work, how: string | undefined, measured: (answer: Answer) => Measured): PeerTime =>
    answers
      .map((answer) => timeOf(answer, work, how, measured(answer)))
      .reduce((fastest, time) => (time.seconds < fastest.seconds ? time : fastest));
  return [
    best('bp', 'indexed', ({ bp, images }) => ({ seconds: bp, images })),
    best('bp', 'DataLoader', ({ bpLoaded, images }) => ({ seconds: bpLoaded, images })),
    best('fa', 'BioTorch’s layers, re-implemented', ({ fa, images }) => ({ seconds: fa, images })),
    best('bim', undefined, ({ bim }) => bim),
  ];
}

interface Measured {
  readonly seconds: readonly number[];
  readonly images: number;
  readonly batch?: number;
}

function timeOf(
  { version, threads, blas }: Answer,
  work: Work,
  how: string | undefined,
  { seconds, images, batch }: Measured,
): PeerTime {
  const parts = [how, batch === undefined ? undefined : `batches of ${batch}`, blas];
  return {
    peer: version,
    work,
    seconds: (median(seconds) * wholeWork[work]) / images,
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
