/* One network of the page, in a worker of its own: what it is asked is answered in pieces short enough to wait for. */
import {
  alignment,
  attacks,
  type ClassIndices,
  createNetwork,
  DifferenceQuotients,
  ExampleMaker,
  firstImages,
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
  type Trace,
  Tracer,
} from '../../core.js';
import { specWith } from '../plans.js';
import type { Answer, AttackSettings, ChunkResult, Measurement, Progress, Settings } from './answers.js';
import { Training } from './training.js';

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
  private training: Training | undefined;
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
    if (!this.settings) throw new Error('a network from a file is not trained on');
    this.training ??= new Training(this.at(), this.train, this.settings);
    return this.training.advance(until, budget);
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

  /** An adversarial image, and whether a gradient of exactly zero at the clean one gave the attack no direction. */
  perturb(
    image: Float32Array,
    label: number,
    index: number,
    settings: AttackSettings,
  ): { adversarial: Float32Array; zeroGradient: boolean } {
    const { adversarial, zeroGradient } = this.make(image, Uint16Array.of(label), index, settings);
    const { needs } = attacks[settings.attack];
    const followsGradient = needs !== 'nothing' && needs !== 'queries';
    return { adversarial: adversarial.slice(0, image.length), zeroGradient: followsGradient && zeroGradient[0] };
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

  private make(images: Float32Array, labels: ClassIndices, first: number, settings: AttackSettings) {
    this.maker ??= new ExampleMaker(this.at(), CHUNK);
    const { attack, loss, ...others } = settings;
    return this.maker.make(images, labels, first, { ...others, attack: attacks[attack], loss: losses[loss] });
  }

  /** Takes a network in the place of the one before, whose memory is given back. */
  private adopt(network: Network<Float32Array>): void {
    this.network?.release();
    this.maker?.release();
    this.training?.release();
    this.network = network;
    this.settings = undefined;
    this.tracer = undefined;
    this.maker = undefined;
    this.quotients = undefined;
    this.training = undefined;
  }

  private at(): Network<Float32Array> {
    if (!this.network) throw new Error('there is no network yet');
    return this.network;
  }
}
