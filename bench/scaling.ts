/*
 * Measures an epoch's time with up to four times as many workers as cores. From these times and from profiles of a
 * step, the model (scaling-model.ts) then predicts the time with more cores.
 */
import { WorkerPool } from '../src/parallel/pool.js';
import type { Backend } from '../src/tensor/kernels.js';
import { defaultTraining } from '../src/training/options.js';
import { type Effort, median } from './measure.js';
import { fitted, type Prediction, prediction, type Scaling, type ScalingModel } from './scaling-model.js';
import { type ProfiledTraining, profileSteps } from './step.js';
import { epochsInTurns, type Trainee, trainee } from './training.js';

export interface ScalingBench {
  readonly subject: string;
  readonly cores: number;
  readonly images: number;
  readonly measured: readonly Scaling[];
  readonly model: ScalingModel;
  readonly predictions: readonly Prediction[];
}

/** The numbers of cores, and the sizes of mini-batches, of the predictions. */
const CORES = [4, 8, 16, 64];
const BATCHES = [defaultTraining.batchSize, 8 * defaultTraining.batchSize];

/** Measures BP epochs in turns on 1, 2, 4, … workers up to four times the cores, profiles steps, and fits the model. */
export async function benchScaling(
  training: ProfiledTraining,
  cores: number,
  backend: Backend,
  { epochTurns, turns }: Effort,
): Promise<ScalingBench> {
  const counts = [...new Set([1, 2, cores, 2 * cores, 4 * cores])].sort((a, b) => a - b);
  const measured = await measure(training, counts, backend, epochTurns);
  const profiles = await profileSteps(training, [...new Set([1, cores])], backend, turns);
  const { subject, images } = training;
  const steps = subject.train.count / defaultTraining.batchSize;
  const model = fitted(
    profiles,
    measured.filter(({ workers }) => workers > cores),
    steps,
  );
  return {
    ...{ subject: subject.title, cores, images, measured, model },
    predictions: BATCHES.flatMap((batchSize) =>
      CORES.map((workers) => prediction(model, workers, batchSize, subject.train.count)),
    ),
  };
}

async function measure(
  { subject, images, augment }: ProfiledTraining,
  counts: readonly number[],
  backend: Backend,
  turns: number,
): Promise<Scaling[]> {
  const pools = counts.map((workers) => new WorkerPool(workers, backend));
  try {
    const trainees: Trainee[] = [];
    for (const pool of pools) trainees.push(await trainee(pool, subject, images, 'bp', { augment }));
    const seconds = await epochsInTurns(trainees, turns);
    return counts.map((workers, i) => ({
      workers,
      seconds: median(seconds[i]),
      speedup: median(seconds[i].map((each, turn) => seconds[0][turn] / each)),
    }));
  } finally {
    for (const pool of pools) await pool.close();
  }
}
