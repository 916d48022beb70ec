/* One network of the page, in a worker of its own: what it is asked is answered in pieces short enough to wait for. */
import {
  type ActivationName,
  type AttackName,
  alignment,
  attacks,
  createNetwork,
  DifferenceQuotients,
  ExampleMaker,
  firstImages,
  freeTrainingMemory,
  type GradientPath,
  type InitializerName,
  type Kernels,
  type LabelledImages,
  type LossName,
  loadImage,
  losses,
  Network,
  type Place,
  type RuleName,
  rules,
  softmax,
  solo,
  type Trace,
  Tracer,
  Trainer,
  type TrainingMemory,
  type TrainingOptions,
  trainingMemory,
} from '../../core.js';
import { BATCH_SIZE, EPOCHS, type RuleTraining, specWith } from '../plans.js';

/** Everything that decides a network and its training. */
export interface Settings extends RuleTraining {
  readonly rule: RuleName;
  readonly seed: number;
  readonly activation: ActivationName;
  readonly initializer: InitializerName;
}

export interface Progress {
  /** Mini-batches done. */
  readonly step: number;
  /** Means over the mini-batches of this piece; NaN once training has diverged. */
  readonly loss: number;
  readonly accuracy: number;
  /** Images and seconds of this piece. */
  readonly images: number;
  readonly seconds: number;
}

export interface Measurement {
  /** Share of the measured test images, in [0, 1]. */
  readonly accuracy: number;
  /** Degrees between the rule's weight gradient and backpropagation's, by weighted layer. */
  readonly angles: Readonly<Record<string, number | undefined>>;
}

export interface AttackSettings {
  readonly attack: AttackName;
  readonly epsilon: number;
  readonly iterations: number;
  readonly path: GradientPath;
  readonly loss: LossName;
  readonly seed: number;
}

export interface Answer {
  readonly prediction: number;
  readonly probabilities: Float64Array;
}

/** What became of some test images under attack. */
export interface ChunkResult {
  /** Whether each is still given its label. */
  readonly right: readonly boolean[];
  readonly zeroGradient: readonly boolean[];
}

/** Test images that the accuracy while training is measured on, and training images for the angles. */
const MEASURED = 500;
const ALIGNED = 32;
/** Images attacked together. */
export const CHUNK = 16;

export class Session {
  private network: Network<Float32Array> | undefined;
  private train: LabelledImages = { pixels: new Uint8Array(), labels: new Uint8Array(), count: 0 };
  private test: LabelledImages = this.train;
  private settings: Settings | undefined;
  private memory: TrainingMemory | undefined;
  private options: TrainingOptions | undefined;
  private steps: Generator<void, { loss: number }, void> | undefined;
  private step = 0;
  private tracer: Tracer<Float32Array> | undefined;
  private maker: ExampleMaker | undefined;
  private quotients: DifferenceQuotients | undefined;

  constructor(private readonly kernels: Kernels<Float32Array>) {}

  get backend(): string {
    return this.kernels.backend;
  }

  /** Gives the session the images that it has not got yet. */
  setImages({ train, test }: { readonly train?: LabelledImages; readonly test?: LabelledImages }): void {
    if (train) this.train = train;
    if (test) this.test = test;
  }

  /** A fresh network: the same numbers for the same settings. */
  begin(settings: Settings): void {
    const { rule, seed, activation, initializer } = settings;
    this.adopt(createNetwork(specWith(activation), { rule, seed, initializer, kernels: this.kernels }));
    this.settings = settings;
  }

  /** The network of a run's file. */
  async load(bytes: Uint8Array, file: string): Promise<{ rule: RuleName }> {
    const { readNetwork } = await import('./saved-network.js');
    const { layers, rule, parameters } = readNetwork(bytes, file, this.kernels);
    this.adopt(new Network(layers, rules[rule], this.kernels, parameters));
    return { rule };
  }

  /** Trains on to a step, or for so many milliseconds: whichever comes first. */
  advance(until: number, budget: number): Progress {
    const started = performance.now();
    let [loss, correct, images] = [0, 0, 0];
    while (this.step < until && (images === 0 || performance.now() - started < budget)) {
      const { memory, options } = this.ready();
      const perEpoch = Math.ceil(this.train.count / BATCH_SIZE);
      const batch = this.step % perEpoch;
      if (batch === 0 || !this.steps) this.steps = this.epoch(Math.floor(this.step / perEpoch));
      if (this.steps.next().done) return { step: this.step, loss: Number.NaN, accuracy: 0, images, seconds: 0 };
      const size = Math.min(options.batchSize, this.train.count - batch * options.batchSize);
      for (let s = 0; s < Math.ceil(size / 8); s++) {
        loss += memory.shardLosses[s];
        correct += memory.shardCorrect[s];
      }
      images += size;
      this.step++;
    }
    const seconds = (performance.now() - started) / 1000;
    return { step: this.step, loss: loss / images, accuracy: correct / images, images, seconds };
  }

  measure(): Measurement {
    const network = this.at();
    const count = Math.min(MEASURED, this.test.count);
    let correct = 0;
    const workspace = network.workspace(CHUNK);
    for (let first = 0; first < count; first += CHUNK) {
      const n = Math.min(CHUNK, count - first);
      for (let i = 0; i < n; i++) loadImage(this.test, first + i, workspace.input.data, i);
      workspace.forward(n);
      const predicted = workspace.predictions(n);
      for (let i = 0; i < n; i++) if (predicted[i] === this.test.labels[first + i]) correct++;
    }
    const looked = this.train.count > 0 ? this.train : this.test;
    const layers = alignment(network, firstImages(looked, ALIGNED));
    const angles = Object.fromEntries(layers.map(({ layer, gradientAngle }) => [layer, gradientAngle]));
    return { accuracy: correct / count, angles };
  }

  trace(image: Float32Array, label: number, loss: LossName): Trace<Float32Array> {
    const network = this.at();
    this.tracer ??= new Tracer(network);
    return this.tracer.trace(image, label, losses[loss]);
  }

  /** The difference quotient of the loss at a place. */
  check(place: Place, image: Float32Array, label: number, loss: LossName): number {
    this.quotients ??= new DifferenceQuotients(this.at());
    return this.quotients.at(place, image, label, losses[loss]);
  }

  answer(image: Float32Array): Answer {
    const workspace = this.at().workspace(1);
    workspace.input.data.set(image);
    workspace.forward(1);
    return { prediction: workspace.predictions(1)[0], probabilities: softmax(workspace.logits.data) };
  }

  /** An adversarial image, and whether the gradient at the clean one was exactly zero. */
  perturb(
    image: Float32Array,
    label: number,
    index: number,
    settings: AttackSettings,
  ): { adversarial: Float32Array; zeroGradient: boolean } {
    const { adversarial, zeroGradient } = this.make(image, Uint8Array.of(label), index, settings);
    return { adversarial: adversarial.slice(0, image.length), zeroGradient: zeroGradient[0] };
  }

  /** Attacks test images `first` … `first + CHUNK − 1`. */
  attackChunk(first: number, settings: AttackSettings): ChunkResult {
    const n = Math.max(0, Math.min(CHUNK, this.test.count - first));
    const images = new Float32Array(n * 784);
    for (let i = 0; i < n; i++) loadImage(this.test, first + i, images, i);
    const labels = this.test.labels.slice(first, first + n);
    const { predictions, zeroGradient } = this.make(images, labels, first, settings);
    return { right: Array.from(labels, (label, i) => predictions[i] === label), zeroGradient };
  }

  /** What training left: to hold against the same elsewhere. */
  parameters(): { values: Float32Array; feedback: Float32Array } {
    const { values, feedback } = this.at().parameters;
    return { values: values.slice(), feedback: feedback.slice() };
  }

  private make(images: Float32Array, labels: Uint8Array, first: number, settings: AttackSettings) {
    this.maker ??= new ExampleMaker(this.at(), CHUNK);
    const { attack, loss, ...others } = settings;
    return this.maker.make(images, labels, first, { ...others, attack: attacks[attack], loss: losses[loss] });
  }

  private epoch(epoch: number): Generator<void, { loss: number }, void> {
    const { network, options, memory } = this.ready();
    return new Trainer(network, this.train, options, memory).steps(epoch, solo());
  }

  /** Takes a network in the place of the one before, whose memory is given back. */
  private adopt(network: Network<Float32Array>): void {
    this.network?.release();
    this.maker?.release();
    if (this.memory) freeTrainingMemory(this.kernels, this.memory);
    this.network = network;
    this.settings = undefined;
    this.tracer = undefined;
    this.maker = undefined;
    this.quotients = undefined;
    this.memory = undefined;
    this.steps = undefined;
    this.step = 0;
  }

  private at(): Network<Float32Array> {
    if (!this.network) throw new Error('there is no network yet');
    return this.network;
  }

  /** What a training step works with; made when training begins. */
  private ready() {
    const network = this.at();
    if (!this.settings) throw new Error('a network from a file is not trained on');
    const { optimizer, learningRate, warmupEpochs, decoupledDecay, seed } = this.settings;
    if (!this.memory) {
      this.options = {
        epochs: EPOCHS,
        batchSize: BATCH_SIZE,
        optimizer,
        learningRate,
        decay: 'linear',
        warmupEpochs,
        momentum: 0.9,
        weightDecay: 0,
        decoupledDecay,
        augment: false,
        seed,
      };
      this.memory = trainingMemory(network, this.options);
    }
    return { network, options: this.options as TrainingOptions, memory: this.memory };
  }
}
