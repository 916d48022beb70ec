import { UserError } from '../errors.js';
import type { LayerAlignment } from '../metrics/alignment.js';
import { checkFinite, fillParameters, networkTensors, saveNetwork } from '../models/checkpoint.js';
import { createNetwork } from '../models/create.js';
import { encodeCheckpoint } from '../models/safetensors.js';
import type { SharedNetwork } from '../parallel/messages.js';
import { type RuleName, rules } from '../rules/index.js';
import { loadKernels } from '../tensor/backends.js';
import { firstImages } from '../tensor/images.js';
import { freeTrainingMemory, type TrainingMemory, trainingMemory } from '../training/memory.js';
import type { TrainingOptions } from '../training/options.js';
import { learningRate } from '../training/schedule.js';
import { batchesPerEpoch } from '../training/train.js';
import { percent } from '../words.js';
import type { TrainingConfig } from './config.js';
import type { RunContext, TrainedNetwork } from './context.js';
import { checkpointName, networkName } from './folder.js';
import { type EpochMetrics, secondsOf } from './metrics.js';
import { correctAmongTest } from './results.js';
import { findLeft, HASH, type Left } from './resume.js';
import { earlierTraining, trainingHash } from './training-hash.js';

/** Training images on which the rule is measured beside backpropagation. */
const ALIGNMENT_IMAGES = 128;

/** How many trainings this process has begun; workers tell them apart by it. */
let trainingRuns = 0;

/** The training of one network, ready to begin or to go on. */
export interface Training {
  readonly label: string;
  /** Mini-batches: all of them, and those that an interrupted run did. */
  readonly total: number;
  readonly done: number;
  /**
   * Trains, epoch by epoch, and leaves a checkpoint after each.
   *
   * @param update told how many mini-batches are done
   * @returns undefined if it was told to stop
   * @throws {UserError} if it diverges
   */
  run(update: (done: number) => void, share: Share): Promise<TrainedNetwork | undefined>;
}

/** What a training has of the pool; looked at before each epoch. */
export interface Share {
  /** Workers that take part. */
  readonly members: number;
  /** Whether there is to be no further epoch. */
  readonly stopped: boolean;
}

/**
 * Makes one network ready to be trained. It goes on from the last checkpoint that an interrupted run left, with the
 * same result to the bit as a run that was never interrupted, and the same however many workers take part.
 */
export async function prepareTraining(context: RunContext, rule: RuleName, plan: TrainingConfig): Promise<Training> {
  const { config, dataset, spec, pool, folder, progress } = context;
  const { label } = rules[rule];
  const kernels = await loadKernels(pool.backend, pool.heap);
  const { seed, initializer } = config;
  const untrained = createNetwork(spec, { rule, seed, initializer, kernels });
  const { parameters } = untrained;
  const network: SharedNetwork = { spec, rule, ...parameters };
  const options: TrainingOptions = { ...plan, seed };
  const memory = trainingMemory(untrained, options, (length) => pool.heap.float64(length));
  const hash = trainingHash(config, rule, context.trainingImages);
  const left = await findLeft(folder, rule, hash, plan.epochs, earlierTraining(config, rule, context.trainingImages));
  if (left) takeUp(left, network, memory);
  const done = left?.epochs ?? 0;
  const run = trainingRuns++;
  const batches = batchesPerEpoch(dataset.train.count, plan.batchSize);

  const trainEpoch = async (epoch: number, members: number, update: (done: number) => void) => {
    const started = performance.now();
    const job = { run, network, images: dataset.train, options, memory, epoch };
    const onProgress = (units: number) => update(batches * epoch + units);
    const [result] = await pool.run('trainEpoch', job, { members, onProgress });
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
      testAccuracy: (await correctAmongTest(context, network, members)) / dataset.test.count,
      learningRate: learningRate(schedule, (epoch + 1) * batches - 1, plan.epochs * batches),
      seconds,
      ...(await angles(context, network)),
    };
    await folder.addMetrics(line);
    await saveCheckpoint(context, network, memory, { epochs: `${epoch + 1}`, [HASH]: hash });
    progress.log(epochText(label, plan.epochs, line));
  };

  return {
    ...{ label, total: batches * plan.epochs, done: batches * done },
    async run(update, share) {
      for (let epoch = done; epoch < plan.epochs; epoch++) {
        if (share.stopped) return undefined;
        await trainEpoch(epoch, share.members, update);
      }
      freeTrainingMemory(kernels, memory, (array) => pool.heap.free(array));
      if (!left?.finished) {
        const metadata = { seed: `${seed}`, dataset: dataset.name, preset: config.preset, [HASH]: hash };
        await folder.write(networkName(rule), saveNetwork(spec, rule, parameters, metadata));
      }
      await folder.remove(checkpointName(rule));
      const correct = await correctAmongTest(context, network, share.members);
      return { network, trainSeconds: secondsOf(folder.metricsOf(rule)), correct };
    },
  };
}

/** Everything the next epoch depends on: weights, feedback weights, the optimizer's state, the epochs done. */
async function saveCheckpoint(
  { folder }: RunContext,
  network: SharedNetwork,
  memory: TrainingMemory,
  metadata: Readonly<Record<string, string>>,
): Promise<void> {
  const optimizer = optimizerArrays(memory).map(([name, data]) => [name, { shape: [data.length], data }]);
  const tensors = { ...networkTensors(network, network), ...Object.fromEntries(optimizer) };
  await folder.write(checkpointName(network.rule), encodeCheckpoint({ tensors, metadata }));
}

/** What the optimizer remembers, of feedback weights that learn too, by its name in a checkpoint. */
const optimizerArrays = ({ state, feedback }: TrainingMemory): [name: string, array: Float32Array][] => [
  ...Object.entries(state).map(([name, array]): [string, Float32Array] => [`optimizer.${name}`, array]),
  ...Object.entries(feedback.state).map(([name, array]): [string, Float32Array] => [
    `optimizer.feedback.${name}`,
    array,
  ]),
];

/** Takes up what an interrupted run left: into the network, and of a checkpoint into the optimizer's state too. */
function takeUp({ file, finished, tensors }: Left, network: SharedNetwork, memory: TrainingMemory): void {
  const rest = new Map(Object.entries(tensors));
  for (const [name, array] of finished ? [] : optimizerArrays(memory)) {
    const data = rest.get(name)?.data;
    rest.delete(name);
    if (data?.length !== array.length) {
      throw new UserError(`${file} holds no usable ${name}; delete it to train anew.`);
    }
    checkFinite(name, data, file);
    array.set(data);
  }
  fillParameters(network, Object.fromEntries(rest), network, file);
}

/** The rule beside backpropagation, measured on the first training images at the weights as they are now. */
async function angles(
  { pool, dataset }: RunContext,
  network: SharedNetwork,
): Promise<Pick<EpochMetrics, 'gradientAngles' | 'weightAngles' | 'weightNormRatios' | 'errorAngles'>> {
  const job = { network, images: firstImages(dataset.train, ALIGNMENT_IMAGES) };
  const [layers] = await pool.run('alignment', job, { members: 1 });
  const byLayer = (value: Exclude<keyof LayerAlignment, 'layer'>) =>
    Object.fromEntries(layers.map((layer) => [layer.layer, layer[value] ?? null]));
  const gradientAngles = byLayer('gradientAngle');
  if (rules[network.rule] === rules.bp) return { gradientAngles };
  return {
    gradientAngles,
    ...(layers.some(({ weightAngle }) => weightAngle !== undefined) && {
      weightAngles: byLayer('weightAngle'),
      weightNormRatios: byLayer('weightNormRatio'),
    }),
    errorAngles: byLayer('errorAngle'),
  };
}

function epochText(label: string, epochs: number, line: EpochMetrics): string {
  return `${label} epoch ${line.epoch}/${epochs}: loss ${line.loss.toPrecision(4)}, train ${percent(line.trainAccuracy, 2)}, test ${percent(line.testAccuracy, 2)}, ${line.seconds.toFixed(1)} s`;
}
