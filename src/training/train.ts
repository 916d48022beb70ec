import * as check from '../check.js';
import { type Crew, memberRange, solo } from '../crew/crew.js';
import { isNormalizing, leavesOf } from '../layers/tree.js';
import { crossEntropy } from '../losses/cross-entropy.js';
import { countMatches } from '../metrics/accuracy.js';
import { checkNetwork, type Network } from '../models/network.js';
import { type Gradient, gradientOf, type Workspace } from '../models/workspace.js';
import { type ClassIndices, classIndices } from '../tensor/class-indices.js';
import { checkImages, type LabelledImages, loadImage } from '../tensor/images.js';
import { permutation, stream } from '../tensor/random.js';
import { checkHeld } from '../tensor/released.js';
import { FeedbackLearner } from './feedback.js';
import { checkMemory, freeTrainingMemory, SHARDS_AT_ONCE, type TrainingMemory, trainingMemory } from './memory.js';
import type { UpdateSlice } from './optimizer.js';
import { optimizers } from './optimizers.js';
import { checkTraining, defaultTraining, type TrainingOptions } from './options.js';
import { learningRate } from './schedule.js';
import { ImageLoader, SHARD_SIZE } from './shard.js';

/** How far a mini-batch moves the averages that normalising layers keep: PyTorch's momentum. */
const AVERAGING = 0.1;

/** An epoch's means over its images as they were met, before each step changed the weights. */
export interface EpochResult {
  /** NaN as soon as the loss is no finite number any more; training has stopped then. */
  readonly loss: number;
  /** In [0, 1]. */
  readonly accuracy: number;
}

/** Mini-batches in one epoch; the last one may be smaller than the others. */
export const batchesPerEpoch = (images: number, batchSize: number): number => Math.ceil(images / batchSize);

/** One member's part in training a network: views of the shared memory, and activations of its own. */
export class Trainer {
  private readonly workspace: Workspace<Float32Array>;
  private readonly gradients: readonly Gradient<Float32Array>[];
  private readonly labels: ClassIndices;
  /** The most images in a shard. */
  private readonly shardCapacity: number;
  private readonly loader: ImageLoader;

  /** @throws {ShapeError | RangeError | TypeError} as {@link train} does */
  constructor(
    private readonly network: Network<Float32Array>,
    private readonly images: LabelledImages,
    private readonly options: TrainingOptions,
    private readonly memory: TrainingMemory,
  ) {
    checkTrained('Trainer', network, images, options);
    checkMemory('Trainer', memory);
    this.checkHeld();
    // One image alone has no statistics to be normalised by: it joins the shard before.
    this.shardCapacity = leavesOf(network.layers).some(isNormalizing) ? SHARD_SIZE + 1 : SHARD_SIZE;
    this.workspace = network.workspace(this.shardCapacity);
    this.labels = classIndices(this.shardCapacity, network.classes);
    this.loader = new ImageLoader(images, network.inputShape, options);
    this.gradients = memory.shards.map((flat) => gradientOf(network, flat));
  }

  /** @throws {Error} if the network was released, or the training memory given back */
  private checkHeld(): void {
    checkNetwork('Trainer', this.network);
    checkHeld('Trainer', 'the training memory', this.memory.total);
  }

  /** A whole epoch of {@link steps}, without a pause. */
  runEpoch(epoch: number, crew: Crew): EpochResult {
    const steps = this.steps(epoch, crew);
    for (;;) {
      const { done, value } = steps.next();
      if (done) return value;
    }
  }

  /**
   * The one training loop, run by every member of the crew: shard gradients, then their sum in index order and the
   * optimizer's step, each member for its share of the parameters. It pauses after each mini-batch, for those who want
   * to look in between.
   *
   * @param epoch counted from 0
   * @throws {Error} if the network was released, or the training memory given back
   */
  *steps(epoch: number, crew: Crew): Generator<void, EpochResult, void> {
    const { images, options, memory } = this;
    this.checkHeld();
    const { batchSize, seed } = options;
    const order = permutation(images.count, stream(seed).split('shuffle').split(epoch));
    const batches = batchesPerEpoch(images.count, batchSize);
    const { addShards, update, learner } = this.memberPart(crew);
    const steps = options.epochs * batches;
    let pieces = 0; // given out so far, to the crew as a whole
    const reflect = (step: number) => {
      learner?.reflect(step, steps, pieces);
      pieces += learner?.pieces ?? 0;
    };
    if (epoch === 0) for (let look = -(learner?.looksBefore ?? 0); look < 0; look++) reflect(look);
    let loss = 0;
    let correct = 0;
    for (let batch = 0; batch < batches; batch++) {
      const first = batch * batchSize;
      const size = Math.min(batchSize, images.count - first);
      const shards = Math.max(1, Math.ceil((size + SHARD_SIZE - this.shardCapacity) / SHARD_SIZE));
      const firstPiece = pieces;
      pieces += shards;
      for (let done = 0; done < shards; done += SHARDS_AT_ONCE) {
        const now = Math.min(SHARDS_AT_ONCE, shards - done);
        const end = firstPiece + done + now;
        for (let piece = crew.claim(end); piece >= 0; piece = crew.claim(end)) {
          const shard = piece - firstPiece;
          this.computeShard(shard - done, epoch, order, first + shard * SHARD_SIZE, first + size);
        }
        crew.barrier();
        for (let s = 0; s < now; s++) {
          loss += memory.shardLosses[s];
          correct += memory.shardCorrect[s];
        }
        if (!Number.isFinite(loss)) return { loss: Number.NaN, accuracy: correct / images.count };
        addShards(now, done > 0);
        if (done + now < shards) crew.barrier(); // before their memory is written anew
      }
      const step = epoch * batches + batch;
      update(size, step, steps);
      crew.barrier();
      reflect(step);
      if (crew.rank === 0) crew.advance();
      yield;
      this.checkHeld();
    }
    return { loss: this.hasDiverged(order) ? Number.NaN : loss / images.count, accuracy: correct / images.count };
  }

  /** Whether the last step, which no loss has followed yet, was one too many: told by a few images' loss. */
  private hasDiverged(order: Uint32Array): boolean {
    const { workspace, labels, images } = this;
    const n = Math.min(SHARD_SIZE, order.length);
    for (let i = 0; i < n; i++) {
      loadImage(images, order[i], workspace.input.data, i);
      labels[i] = images.labels[order[i]];
    }
    workspace.forward(n);
    workspace.evaluateLoss(crossEntropy, labels, n);
    const { values, feedback } = this.network.parameters;
    return ![workspace.losses.subarray(0, n), values, feedback].every((numbers) => numbers.every(Number.isFinite));
  }

  /** The gradient of a shard's summed loss, the one whose images begin at place `from`, into memory `shard`. */
  private computeShard(shard: number, epoch: number, order: Uint32Array, from: number, end: number): void {
    const { workspace, labels, images, network, loader } = this;
    const n = end - from <= this.shardCapacity ? end - from : SHARD_SIZE;
    for (let i = 0; i < n; i++) {
      loader.load(epoch, order[from + i], workspace.input, i);
      labels[i] = images.labels[order[from + i]];
    }
    workspace.forward(n, undefined, 'pass');
    workspace.evaluateLoss(crossEntropy, labels, n);
    workspace.backward(n, { rule: network.rule, gradient: this.gradients[shard], toPixels: false });
    let sum = 0;
    for (let i = 0; i < n; i++) sum += workspace.losses[i];
    this.memory.shardLosses[shard] = sum;
    this.memory.shardCorrect[shard] = countMatches(workspace.predictions(n), labels.subarray(0, n));
  }

  /** The reduction and the optimizer's step on the member's share of the parameters. */
  private memberPart(crew: Crew): {
    /** @param more whether they are added to the sum that is there, or begin it */
    addShards(count: number, more: boolean): void;
    update(images: number, step: number, steps: number): void;
    readonly learner: FeedbackLearner | undefined;
  } {
    const { network, options, memory } = this;
    const { kernels, parameters } = network;
    const [from, to] = memberRange(crew, parameters.values.length);
    const { learnedCount } = network.layout;
    const cut = (array: Float32Array) => array.subarray(from, to);
    const learned = (array: Float32Array) => array.subarray(from, Math.min(to, learnedCount));
    const rest = (array: Float32Array) => array.subarray(Math.max(from, learnedCount), to);
    const gradient = cut(memory.total);
    const parts = memory.shards.map(cut);
    const partsAndSum = [gradient, ...parts];
    const slice = {
      weights: learned(parameters.values),
      gradient: learned(memory.total),
      state: Object.fromEntries(Object.entries(memory.state).map(([name, array]) => [name, learned(array)])),
    };
    const statistics = { averages: rest(parameters.values), sums: rest(memory.total) };
    const decayed = weightsIn(network, from, to);
    const optimizer = optimizers[options.optimizer];
    const batches = batchesPerEpoch(this.images.count, options.batchSize);
    const schedule = {
      rate: options.learningRate,
      decay: options.decay,
      warmupSteps: options.warmupEpochs * batches,
    };
    const now = { rate: 0, scale: 0, step: 0 }; // of the step under way
    const take = (slice: UpdateSlice) => optimizer.update(kernels, slice, options, now.rate, now.scale, now.step + 1);
    const learner = network.rule.learning && new FeedbackLearner(network, options.seed, memory, crew, take);
    return {
      addShards: (count, more) =>
        kernels.sumParts(more ? partsAndSum : parts, more ? count + 1 : count, gradient, to - from),
      update(images, step, steps) {
        now.rate = learningRate(schedule, step, steps);
        now.scale = 1 / images;
        now.step = step;
        take(slice);
        moveAverages(statistics.averages, statistics.sums, now.scale);
        const { decoupledDecay } = options;
        if (decoupledDecay > 0) {
          for (const weights of decayed) kernels.rescale(weights, weights.length, 1 - now.rate * decoupledDecay);
        }
        learner?.afterStep(now.rate, decoupledDecay, step, steps);
      },
      learner,
    };
  }
}

/** Each average moves towards a mini-batch's mean. @param scale 1 / images in the mini-batch */
function moveAverages(averages: Float32Array, sums: Float32Array, scale: number): void {
  for (let i = 0; i < averages.length; i++) averages[i] += AVERAGING * (scale * sums[i] - averages[i]);
}

/** The weights, and nothing else, among parameters `from` … `to − 1`. */
const weightsIn = ({ layout, parameters }: Network<Float32Array>, from: number, to: number): Float32Array[] =>
  layout.slots
    .filter(({ role }) => role === 'weight')
    .map(({ offset, length }) => parameters.values.subarray(Math.max(from, offset), Math.min(to, offset + length)))
    .filter(({ length }) => length > 0);

/**
 * Trains a network on the calling thread, in place: the same loop and the same result, to the bit, as a pool of
 * workers gives, without the workers.
 *
 * @param options what differs from {@link defaultTraining}
 * @param onEpoch called after each epoch, with its number (from 1) and its means
 * @throws {ShapeError} if the images are none, or not of the shape the network expects, or have not as many labels
 * @throws {RangeError} if a label is no class, or an option unknown or not accepted; undefined is not, where it is said
 * @throws {TypeError} if an argument is none
 */
export function train(
  network: Network<Float32Array>,
  images: LabelledImages,
  options: Partial<TrainingOptions> = {},
  onEpoch?: (epoch: number, result: EpochResult) => void,
): void {
  check.options('train', 'options', options, Object.keys(defaultTraining));
  const settings = { ...defaultTraining, ...options };
  checkTrained('train', network, images, settings);
  if (onEpoch !== undefined) check.callable('train', 'onEpoch', onEpoch);
  const memory = trainingMemory(network, settings);
  try {
    const trainer = new Trainer(network, images, settings, memory);
    for (let epoch = 0; epoch < settings.epochs; epoch++) {
      const result = trainer.runEpoch(epoch, solo());
      onEpoch?.(epoch + 1, result);
      if (Number.isNaN(result.loss)) return;
    }
  } finally {
    freeTrainingMemory(network.kernels, memory);
  }
}

function checkTrained(
  where: string,
  network: Network<Float32Array>,
  images: LabelledImages,
  options: TrainingOptions,
): void {
  checkNetwork(where, network);
  checkImages(where, images, network.inputShape, network.classes);
  checkTraining(where, options);
}
