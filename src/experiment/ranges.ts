/** The numbers that settings accept, declared once: the command line, config.json and the audit take them from here. */
import type { Bounds } from '../check.js';
import { MOST_WORKERS } from '../crew/crew.js';

export interface Range extends Bounds {
  readonly whole?: true;
  /** A number within the range, which messages propose. */
  readonly example: number;
}

const fromOne = (example: number) => ({ whole: true, from: 1, example }) as const;
const fromZero = (example: number) => ({ from: 0, example }) as const;

export const ranges = {
  seed: { whole: true, from: 0, to: 2 ** 32 - 1, example: 1 },
  trainSize: fromOne(10_000),
  testSize: fromOne(1000),
  epochs: fromOne(8),
  batchSize: fromOne(64),
  learningRate: { above: 0, example: 0.01 },
  warmupEpochs: fromZero(1),
  sgdMomentum: { from: 0, below: 1, example: 0.9 },
  weightDecay: fromZero(0.0001),
  decoupledDecay: fromZero(0.05),
  epsilon: { from: 0, to: 1, example: 0.1 },
  iterations: fromOne(10),
  stepSize: { above: 0, example: 0.02 },
  attackMomentum: fromZero(0.8),
  restarts: fromOne(5),
  queries: fromOne(1000),
  targets: fromOne(9),
  images: fromOne(1000),
  spsaImages: { whole: true, from: 0, example: 20 },
  spsaIterations: { whole: true, from: 0, example: 40 },
  workers: { whole: true, from: 1, to: MOST_WORKERS, example: 2 },
} as const satisfies Record<string, Range>;
