import type { Dataset } from '../datasets/dataset.js';
import { UserError } from '../errors.js';
import { fillParameters, networkTensors, saveNetwork } from '../models/checkpoint.js';
import { buildLayers, type NetworkSpec } from '../models/index.js';
import { initialParameters, parameterLayout } from '../models/parameters.js';
import { decodeCheckpoint, encodeCheckpoint } from '../models/safetensors.js';
import type { SharedNetwork } from '../parallel/messages.js';
import type { WorkerPool } from '../parallel/pool.js';
import { type RuleName, rules } from '../rules/index.js';
import { loadKernels } from '../tensor/backends.js';
import { firstImages } from '../tensor/images.js';
import { learningRate } from '../training/schedule.js';
import {
  batchesPerEpoch,
  freeTrainingMemory,
  type TrainingMemory,
  type TrainingOptions,
  trainingMemory,
} from '../training/train.js';
import { percent } from '../words.js';
import type { Config, TrainingConfig } from './config.js';
import type { EpochMetrics, RunFolder } from './folder.js';
import type { Progress } from './progress.js';

/** Training images on which the angle between the rule's gradient and backpropagation's is measured. */
const ALIGNMENT_IMAGES = 128;

export interface TrainedNetwork {
  readonly network: SharedNetwork;
  readonly trainSeconds: number;
  /** In [0, 1], on the run's test images. */
  readonly cleanAccuracy: number;
}

/** How many trainings this process has begun; workers tell them apart by it. */
let trainingRuns = 0;

/** What a run's steps work with. */
export interface RunContext {
  readonly config: Config;
  readonly dataset: Dataset;
  readonly spec: NetworkSpec;
  readonly pool: WorkerPool;
  readonly folder: RunFolder;
  readonly progress: Progress;
}

/**
 * Trains one network, epoch by epoch, leaving a checkpoint after each; goes on from the last one that an interrupted
 * run left, with the same result to the bit as a run that was never interrupted.
 */
export async function trainStep(context: RunContext, rule: RuleName, plan: TrainingConfig): Promise<TrainedNetwork> {
  const { config, dataset, spec, pool, folder, progress } = context;
  const { label, usesFeedback } = rules[rule];
  const kernels = await loadKernels(pool.backend, pool.heap);
  const layers = buildLayers(spec);
  const { seed, initializer } = config;
  const parameters = initialParameters(layers, kernels, { seed, initializer, usesFeedback });
  const network: SharedNetwork = { spec, rule, ...parameters };
  const options: TrainingOptions = { ...plan, seed };
  const { parameterCount } = parameterLayout(layers);
  const memory = trainingMemory(kernels, parameterCount, options, (length) => pool.heap.float64(length));
  const done = await resume(context, network, memory);
  const run = trainingRuns++;

  const batches = batchesPerEpoch(dataset.train.count, plan.batchSize);
  await progress.during(`${label} training`, batches * plan.epochs, batches * done, async (update) => {
    for (let epoch = done; epoch < plan.epochs; epoch++) {
      const started = performance.now();
      const job = { run, network, images: dataset.train, options, memory, epoch };
      const onProgress = (units: number) => update(batches * epoch + units);
      const [result] = await pool.run('trainEpoch', job, { onProgress });
      const seconds = (performance.now() - started) / 1000;
      if (Number.isNaN(result.loss)) {
        throw new UserError(
          `${label}: the loss is no finite number any more in epoch ${epoch + 1}: training has diverged. Try a lower --lr than ${plan.learningRate}.`,
        );
      }
      const schedule = { rate: plan.learningRate, decay: plan.decay, warmupSteps: plan.warmupEpochs * batches };
      const line: EpochMetrics = {
        rule,
        epoch: epoch + 1,
        loss: result.loss,
        trainAccuracy: result.accuracy,
        testAccuracy: await testAccuracy(context, network),
        learningRate: learningRate(schedule, (epoch + 1) * batches - 1, plan.epochs * batches),
        seconds,
        ...(await angles(context, network)),
      };
      await folder.addMetrics(line);
      await saveCheckpoint(context, network, memory, epoch + 1);
      progress.log(epochText(label, plan.epochs, line));
    }
  });
  freeTrainingMemory(kernels, memory, (array) => pool.heap.free(array));

  await folder.write(
    `${rule}.safetensors`,
    saveNetwork(spec, rule, parameters, { seed: `${seed}`, dataset: dataset.name, preset: config.preset }),
  );
  await folder.remove(checkpointName(rule));
  const lines = folder.metricsOf(rule);
  return {
    network,
    trainSeconds: lines.reduce((sum, { seconds }) => sum + seconds, 0),
    cleanAccuracy: await testAccuracy(context, network),
  };
}

const checkpointName = (rule: RuleName): string => `${rule}.checkpoint.safetensors`;

/** Everything the next epoch depends on: weights, feedback weights, the optimizer's state, the epochs done. */
async function saveCheckpoint(
  { spec, folder }: RunContext,
  network: SharedNetwork,
  { state }: TrainingMemory,
  epochs: number,
): Promise<void> {
  const optimizer = Object.entries(state).map(([name, data]) => [`optimizer.${name}`, { shape: [data.length], data }]);
  const tensors = { ...networkTensors(spec, network), ...Object.fromEntries(optimizer) };
  await folder.write(checkpointName(network.rule), encodeCheckpoint({ tensors, metadata: { epochs: `${epochs}` } }));
}

/** Takes up what an interrupted run left, and returns how many epochs that had done. */
async function resume(context: RunContext, network: SharedNetwork, { state }: TrainingMemory): Promise<number> {
  const { spec, folder, config } = context;
  const finished = `${network.rule}.safetensors`;
  const trained = await folder.read(finished);
  if (trained) {
    fillParameters(spec, decodeCheckpoint(trained, folder.file(finished)).tensors, network, folder.file(finished));
    return config.training[network.rule]?.epochs ?? 0;
  }
  const file = folder.file(checkpointName(network.rule));
  const bytes = await folder.read(checkpointName(network.rule));
  if (!bytes) return 0;
  const { tensors, metadata } = decodeCheckpoint(bytes, file);
  fillParameters(spec, tensors, network, file);
  for (const [name, array] of Object.entries(state)) {
    const saved = tensors[`optimizer.${name}`];
    if (saved?.data.length !== array.length)
      throw new UserError(`${file} holds no usable optimizer.${name}; delete it to train anew.`);
    array.set(saved.data);
  }
  return Number(metadata.epochs);
}

async function testAccuracy({ pool, dataset }: RunContext, network: SharedNetwork): Promise<number> {
  const counts = await pool.run('countCorrect', { network, images: dataset.test });
  return counts.reduce((sum, correct) => sum + correct, 0) / dataset.test.count;
}

/** The alignment angles, measured on the first training images at the weights as they are now. */
async function angles(
  { pool, dataset }: RunContext,
  network: SharedNetwork,
): Promise<Pick<EpochMetrics, 'gradientAngles' | 'weightAngles'>> {
  const job = { network, images: firstImages(dataset.train, ALIGNMENT_IMAGES) };
  const [layers] = await pool.run('alignment', job, { members: 1 });
  const byLayer = (angle: 'gradientAngle' | 'weightAngle') =>
    Object.fromEntries(layers.map((layer) => [layer.layer, layer[angle] ?? null]));
  const gradientAngles = byLayer('gradientAngle');
  return rules[network.rule].usesFeedback
    ? { gradientAngles, weightAngles: byLayer('weightAngle') }
    : { gradientAngles };
}

function epochText(label: string, epochs: number, line: EpochMetrics): string {
  return `${label} epoch ${line.epoch}/${epochs}: loss ${line.loss.toPrecision(4)}, train ${percent(line.trainAccuracy, 2)}, test ${percent(line.testAccuracy, 2)}, ${line.seconds.toFixed(1)} s`;
}
