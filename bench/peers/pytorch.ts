/* PyTorch, if a Python has it: each script runs with one thread and with all, and the faster one counts. */
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { datasets } from '../../src/datasets/index.js';
import { median } from '../measure.js';
import { jsonIn, type PeerEffort, type PeerTime, peersFolder, runProgram, type Work, wholeWork } from './peer.js';

/** The Pythons to try: the one on the PATH may be a version manager's without PyTorch, while the system's has it. */
const PYTHONS = ['python3', '/usr/bin/python3', 'python'];

/** The output of both scripts. Times are in seconds, for `images` each. */
interface Answer {
  readonly version: string;
  readonly blas: string;
  readonly oneDNN: boolean;
  readonly threads: number;
  readonly images: number;
  readonly bp: number;
  readonly fa: number;
}

/** The output of pytorch.py. */
interface LenetAnswer extends Answer {
  readonly bpLoaded: number;
  readonly bim: { readonly seconds: number; readonly images: number; readonly batch: number };
}

/** The output of pytorch_resnet.py. */
interface ResnetAnswer extends Answer {
  readonly bpPlain: number;
}

/**
 * Measures LeNet-5.
 *
 * @param effort the number of rounds with each number of threads, the share of the images, and the limit on
 *   instructions
 * @param between called before each round, to take turns
 * @throws {Error} if there is no PyTorch, or it fails; the message gives the reason
 */
export async function pytorchLenet5(
  { rounds, scale, avx2 }: PeerEffort,
  between: () => Promise<void>,
): Promise<PeerTime[]> {
  const parameters = ['pytorch.py', resolve(datasets.mnist.folder()), `${scale}`];
  const answers = await answersInTurns<LenetAnswer>(parameters, { rounds, avx2 }, between);
  const by = ({ blas }: Answer) => `${blas}${limitOf(avx2)}`;
  return [
    best(answers, 'bp', (answer) => ({ ...answer, seconds: answer.bp, note: `indexed; ${by(answer)}` })),
    best(answers, 'bp', (answer) => ({ ...answer, seconds: answer.bpLoaded, note: `DataLoader; ${by(answer)}` })),
    best(answers, 'fa', (answer) => ({ ...answer, seconds: answer.fa, note: `${BIOTORCH}; ${by(answer)}` })),
    best(answers, 'bim', (answer) => ({ ...answer.bim, note: `batches of ${answer.bim.batch}; ${by(answer)}` })),
  ];
}

/** Measures ResNet-20 as {@link pytorchLenet5} does LeNet-5, on some mini-batches. */
export async function pytorchResnet20(
  { rounds, batches, avx2 }: PeerEffort,
  between: () => Promise<void>,
): Promise<PeerTime[]> {
  const parameters = ['pytorch_resnet.py', resolve(datasets.cifar10.folder()), `${batches.resnet20}`];
  const answers = await answersInTurns<ResnetAnswer>(parameters, { rounds, avx2 }, between);
  const by = ({ oneDNN }: Answer) => `${oneDNN ? 'oneDNN' : 'no oneDNN'}${limitOf(avx2)}`;
  const ghost = 'normalised by 8 images';
  return [
    best(answers, 'resnet20-bp', (answer) => ({ ...answer, seconds: answer.bp, note: `${ghost}; ${by(answer)}` })),
    best(answers, 'resnet20-bp', (answer) => ({
      ...answer,
      seconds: answer.bpPlain,
      note: `normalised by all 64; ${by(answer)}`,
    })),
    best(answers, 'resnet20-fa', (answer) => ({
      ...answer,
      seconds: answer.fa,
      note: `${ghost}; ${BIOTORCH}; ${by(answer)}`,
    })),
  ];
}

/** Settings that limit PyTorch, oneDNN, OpenBLAS and MKL to the instructions of processors without AVX-512. */
const AVX2_ONLY = {
  ATEN_CPU_CAPABILITY: 'avx2',
  ONEDNN_MAX_CPU_ISA: 'AVX2',
  OPENBLAS_CORETYPE: 'Haswell',
  MKL_ENABLE_INSTRUCTIONS: 'AVX2',
};

const limitOf = (avx2: boolean): string => (avx2 ? ', AVX2 at most' : '');

const BIOTORCH = 'BioTorch’s layers, re-implemented';

/** Runs a script in rounds; returns its outputs, one list for each number of threads. */
async function answersInTurns<A extends Answer>(
  [script, ...parameters]: readonly string[],
  { rounds, avx2 }: Pick<PeerEffort, 'rounds' | 'avx2'>,
  between: () => Promise<void>,
): Promise<A[][]> {
  const limits = avx2 ? AVX2_ONLY : {};
  const python = await findPython();
  const threadCounts = [...new Set([1, availableParallelism()])];
  const answers: A[][] = threadCounts.map(() => []);
  for (let round = 0; round < rounds; round++) {
    await between();
    for (const [i, threads] of threadCounts.entries()) {
      const environment = { ...limits, OMP_NUM_THREADS: `${threads}`, OPENBLAS_NUM_THREADS: `${threads}` };
      const command = ['-B', join(peersFolder, script), ...parameters]; // -B: leaves no compiled files
      answers[i].push(jsonIn(await runProgram(python, command, environment)));
    }
  }
  return answers;
}

/** The part of an output that is used. */
interface Measured {
  readonly seconds: number;
  readonly images: number;
  readonly note: string;
}

/** Returns the median time with the fastest number of threads. */
function best<A extends Answer>(
  answers: readonly (readonly A[])[],
  work: Work,
  measured: (answer: A) => Measured,
): PeerTime {
  const times = answers.map((rounds): PeerTime => {
    const [{ version: peer, threads }] = rounds;
    const { images, note } = measured(rounds[0]);
    const seconds = (median(rounds.map((answer) => measured(answer).seconds)) * wholeWork[work]) / images;
    return { peer, work, seconds, threads, images, note };
  });
  return times.reduce((fastest, time) => (time.seconds < fastest.seconds ? time : fastest));
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
