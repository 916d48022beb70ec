import { cpus } from 'node:os';
import type { Dataset } from '../datasets/dataset.js';
import { datasets } from '../datasets/index.js';
import { UserError } from '../errors.js';
import { networkSpec } from '../models/create.js';
import { WorkerPool } from '../parallel/pool.js';
import { writeFigures, writeResults } from '../report/files.js';
import type { Curve, Results } from '../report/results.js';
import type { RuleName } from '../rules/index.js';
import { firstImages, type LabelledImages } from '../tensor/images.js';
import { attackStep } from './attack-step.js';
import type { Config } from './config.js';
import type { Progress } from './progress.js';
import { RunFolder } from './run-folder.js';
import { type RunContext, type TrainedNetwork, trainStep } from './train-step.js';

export interface RunSettings {
  /** The folder for the run's files. */
  readonly out: string;
  /** Worker threads; changes how long a run takes, and nothing else. */
  readonly workers: number;
  /** Whether a run that is there already may be replaced. */
  readonly force: boolean;
  readonly progress: Progress;
  /** Aborted, it ends the workers at once. */
  readonly signal?: AbortSignal;
}

/**
 * The main job: trains a network by each learning rule, attacks each, shows each one's adversarial examples to all,
 * and leaves the results, figures and networks in a folder.
 *
 * @returns the results, and the names of the files written
 * @throws {UserError} if the data, the folder or an option is unusable, or training diverges
 */
export async function runExperiment(
  config: Config,
  { out, workers, force, progress, signal }: RunSettings,
): Promise<{ results: Results; files: string[] }> {
  const dataset = await loadDataset(config, progress);
  const folder = await RunFolder.open(out, config, force);
  const pool = new WorkerPool(workers, config.backend);
  const stop = () => void pool.close();
  signal?.addEventListener('abort', stop, { once: true });
  try {
    signal?.throwIfAborted();
    const context: RunContext = { config, dataset, spec: networkSpec(dataset, config), pool, folder, progress };
    const results = await measure(context);
    signal?.throwIfAborted();
    const files = [...(await writeFigures(results, out)), ...(await writeResults(results, out))];
    const networks = Object.keys(config.training).map((rule) => `${rule}.safetensors`);
    return { results, files: ['config.json', 'metrics.jsonl', ...networks, ...files] };
  } finally {
    signal?.removeEventListener('abort', stop);
    await pool.close();
  }
}

async function measure(context: RunContext): Promise<Results> {
  const { config, dataset, pool } = context;
  const networks = new Map<RuleName, TrainedNetwork>();
  for (const [rule, plan] of Object.entries(config.training)) {
    networks.set(rule as RuleName, await trainStep(context, rule as RuleName, plan));
  }
  const curves: Curve[] = [];
  for (const source of networks.keys()) curves.push(...(await attackStep(context, source, networks)));
  return {
    schema: 1,
    dataset: dataset.name,
    seed: config.seed,
    testImages: dataset.test.count,
    models: Object.fromEntries(
      [...networks].map(([rule, { cleanAccuracy, trainSeconds }]) => [rule, { cleanAccuracy, trainSeconds }]),
    ),
    curves,
    environment: {
      node: process.version,
      workers: pool.size,
      backend: pool.backend,
      cpu: cpus()[0]?.model ?? 'unknown',
    },
  };
}

/** The run's images: the data set's first `trainSize` and `testSize`. */
async function loadDataset({ dataset: name, data, trainSize, testSize }: Config, progress: Progress): Promise<Dataset> {
  const dataset = await datasets[name].load({
    directory: data ?? undefined,
    onProgress: (message) => progress.log(message),
  });
  const cut = (images: LabelledImages, size: number | null, option: string): LabelledImages => {
    if (size !== null && size > images.count) {
      throw new UserError(`${option} ${size}: ${name} has only ${images.count} images there.`);
    }
    return firstImages(images, size ?? images.count);
  };
  return {
    ...dataset,
    train: cut(dataset.train, trainSize, '--train-size'),
    test: cut(dataset.test, testSize, '--test-size'),
  };
}
