/* The results of attacks on networks, as results.json has them. */
import { cpus } from 'node:os';
import type { Dataset } from '../datasets/dataset.js';
import { chance } from '../metrics/accuracy.js';
import { wilson } from '../metrics/wilson.js';
import type { SharedNetwork } from '../parallel/messages.js';
import type { Curve, Results } from '../report/run/results.js';
import { countPerClass } from '../tensor/class-indices.js';
import type { RunContext } from './context.js';
import { type TrainingImages, trainingImages } from './training-hash.js';

/** What results are of. */
export type ResultsContext = Pick<RunContext, 'config' | 'dataset' | 'pool'>;

/**
 * How many of the test images a network gets right.
 *
 * @param members workers that take part
 */
export async function correctAmongTest(
  { pool, dataset }: Pick<RunContext, 'pool' | 'dataset'>,
  network: SharedNetwork,
  members = pool.size,
): Promise<number> {
  const counts = await pool.run('countCorrect', { network, images: dataset.test }, { members });
  return counts.reduce((sum, correct) => sum + correct, 0);
}

/** What each class is called, and how many images are of it. */
function classCounts({ classes, train, test }: Dataset): NonNullable<Results['classes']> {
  const [trained, tested] = [train, test].map(({ labels }) => countPerClass(labels, classes.length));
  return classes.map((name, label) => ({ name, train: trained[label], test: tested[label] }));
}

/**
 * Names the JavaScript runtime and its version. Bun and Deno state the version of the Node.js that they stand in for as
 * theirs, so that `node` is there under Node.js alone.
 *
 * @param versions as in `process.versions`
 */
export function runtimeOf(
  versions: Readonly<Record<string, string | undefined>>,
): Pick<Results['environment'], 'runtime' | 'node'> {
  const other = ['bun', 'deno'].find((name) => versions[name] !== undefined);
  if (other) return { runtime: `${other} ${versions[other]}` };
  return { runtime: `node ${versions.node}`, node: `v${versions.node}` };
}

/**
 * @param models for each network how many of the test images it gets right, and how long it was trained
 * @param trained what they were trained on
 */
export function resultsOf(
  { config, dataset, pool }: ResultsContext,
  models: ReadonlyMap<string, { readonly correct: number; readonly trainSeconds: number }>,
  curves: readonly Curve[],
  trained: TrainingImages,
): Results {
  const { test } = dataset;
  return {
    schema: 1,
    dataset: dataset.name,
    seed: config.seed,
    testImages: test.count,
    imagesSha256: { training: trained.sha256, test: trainingImages(test).sha256 },
    chance: chance(test.labels.subarray(0, test.count)),
    classes: classCounts(dataset),
    ...(dataset.leftOut && { leftOut: dataset.leftOut }),
    models: Object.fromEntries(
      [...models].map(([rule, { correct, trainSeconds }]) => [
        rule,
        { cleanAccuracy: correct / test.count, cleanInterval: wilson(correct, test.count), trainSeconds },
      ]),
    ),
    curves,
    environment: {
      ...runtimeOf(process.versions),
      workers: pool.size,
      backend: pool.backend,
      cpu: cpus()[0]?.model ?? 'unknown',
    },
  };
}
