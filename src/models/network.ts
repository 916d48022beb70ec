import * as check from '../check.js';
import { ShapeError } from '../errors.js';
import type { Layer } from '../layers/layer.js';
import { checkLayers, leavesOf } from '../layers/tree.js';
import { checkLoss, type Loss } from '../losses/loss.js';
import { checkPath, type GradientPath } from '../rules/path.js';
import { checkRule, type LearningRule } from '../rules/rule.js';
import { type ClassIndices, classIndices, MOST_CLASSES } from '../tensor/class-indices.js';
import { checkKernels, type Kernels } from '../tensor/kernels.js';
import { checkHeld, releasedError, wasGivenBack } from '../tensor/released.js';
import { checkTensor, contiguous, type FloatArray, shapeText, sizeOf, type Tensor, tensor } from '../tensor/tensor.js';
import { checkParameters, type ParameterLayout, type Parameters, parameterLayout } from './parameters.js';
import { Workspace } from './workspace.js';

/**
 * Images that go through the layers together where none are learned from: so few that the way back finds what the way
 * up has left in a core's own cache. With 64 a LeNet-5's gradient took a sixth longer.
 */
export const PASS = 16;

/**
 * The same for networks in which an image leaves more than so many numbers on its way up: no cache holds what several
 * leave, and memory counts.
 */
const DEEP_PASS = 8;
const DEEP = 2 ** 17;

/** What an oracle (oracle.ts) answers about the images shown last. */
export interface Answers<A extends FloatArray> {
  /** `[capacity, C, H, W]` */
  readonly gradient: A;
  readonly losses: Float64Array;
  readonly predictions: ClassIndices;
  /** `[capacity, classes]` */
  readonly logits: A;
}

/** Weights, the rule they learn by, and the layers that use them. The memory to run it is a {@link Workspace}. */
export class Network<A extends FloatArray = FloatArray> {
  readonly layout: ParameterLayout;
  private readonly workspaces = new Map<number, Workspace<A>>();
  private readonly answered = new Map<number, Answers<A>>();
  private readonly memory: Parameters<A>;
  /** How many images go through the layers together where none are learned from. */
  readonly pass: number;

  /**
   * @throws {ShapeError} if a layer doesn't fit onto the one below it, or the parameters are not those of the layers
   * @throws {RangeError | TypeError} if two layers share a name, or an argument is none
   */
  constructor(
    readonly layers: readonly Layer[],
    readonly rule: LearningRule,
    readonly kernels: Kernels<A>,
    parameters: Parameters<A>,
  ) {
    checkLayers('Network', layers);
    check.wholeNumber('Network', 'classes of the last of its layers', this.classes, { to: MOST_CLASSES });
    checkRule('Network', rule);
    checkKernels('Network', 'kernels', kernels);
    this.layout = parameterLayout(layers, rule);
    const numbers = leavesOf(layers).reduce((sum, { outputShape }) => sum + sizeOf(outputShape), 0);
    this.pass = numbers > DEEP ? DEEP_PASS : PASS;
    checkParameters('Network', parameters, this.layout, rule.usesFeedback);
    this.memory = parameters;
  }

  /** @throws {Error} if the network was released */
  get parameters(): Parameters<A> {
    checkHeld('parameters', 'the network', this.memory.values);
    return this.memory;
  }

  /** Whether its memory was given back, by {@link release} or another network's of the same parameters. */
  get released(): boolean {
    return wasGivenBack(this.memory.values);
  }

  /** `[C, H, W]` */
  get inputShape(): readonly number[] {
    return this.layers[0].inputShape;
  }

  get classes(): number {
    return sizeOf(this.layers[this.layers.length - 1].outputShape);
  }

  /**
   * The logits of a batch of images, `[N, C, H, W]` → `[N, classes]`. Pixels are in [0, 1]; that they are is not asked
   * here, since an attack that does not clip goes further.
   *
   * @throws {ShapeError} if the images are not of the shape the network expects
   * @throws {RangeError | TypeError} if a number is not finite, or there are no images
   */
  logits(images: Tensor): Tensor<A> {
    checkNetwork('logits', this);
    checkBatch('logits', this, images);
    const logits = this.freshArray(images.shape[0] * this.classes);
    this.inPasses(images, (workspace, first, n) => {
      workspace.forward(n);
      logits.set(workspace.logits.data.subarray(0, n * this.classes), first * this.classes);
    });
    return tensor(logits, [images.shape[0], this.classes]);
  }

  /**
   * The class with the largest logit for each image (the first, on a tie).
   *
   * @throws {ShapeError | RangeError | TypeError} as {@link logits} does
   */
  predict(images: Tensor): ClassIndices {
    checkNetwork('predict', this);
    checkBatch('predict', this, images);
    const predictions = classIndices(images.shape[0], this.classes);
    this.inPasses(images, (workspace, first, n) => {
      workspace.forward(n);
      predictions.set(workspace.predictions(n).subarray(0, n), first);
    });
    return predictions;
  }

  /**
   * The gradient of each image's own loss with respect to its pixels, `[N, C, H, W]`.
   *
   * @throws {ShapeError} if the images are not of the shape the network expects, or labels are missing
   * @throws {RangeError | TypeError} if a number is not finite, a label no class, the path none, or another argument none
   */
  inputGradient(images: Tensor, labels: ClassIndices, options: { path: GradientPath; loss: Loss }): Tensor<A> {
    checkNetwork('inputGradient', this);
    checkBatch('inputGradient', this, images);
    check.labels('inputGradient', 'labels', labels, images.shape[0], this.classes);
    checkQuestion('inputGradient', options);
    const gradient = this.freshArray(sizeOf(images.shape));
    this.inPasses(images, (workspace, first, n) => {
      workspace.pixelGradient(labels.subarray(first, first + n), n, options);
      const { data, size } = workspace.inputGradient;
      gradient.set(data.subarray(0, n * size), first * size);
    });
    return tensor(gradient, images.shape);
  }

  /**
   * Memory to run up to `capacity` images at a time: made at the first call, the same one at every later call.
   *
   * @throws {RangeError} unless the capacity is a whole number of 1 or more
   */
  workspace(capacity: number): Workspace<A> {
    checkNetwork('workspace', this);
    check.wholeNumber('workspace', 'capacity', capacity);
    let workspace = this.workspaces.get(capacity);
    if (!workspace) {
      workspace = new Workspace(this, capacity);
      this.workspaces.set(capacity, workspace);
    }
    return workspace;
  }

  /**
   * Memory for what an oracle answers about up to `capacity` images: made at the first call, like a workspace.
   *
   * @throws {RangeError} unless the capacity is a whole number of 1 or more
   */
  answers(capacity: number): Answers<A> {
    checkNetwork('answers', this);
    check.wholeNumber('answers', 'capacity', capacity);
    let answers = this.answered.get(capacity);
    if (!answers) {
      const gradient = this.freshArray(capacity * sizeOf(this.inputShape));
      const logits = this.freshArray(capacity * this.classes);
      const predictions = classIndices(capacity, this.classes);
      answers = { gradient, losses: new Float64Array(capacity), predictions, logits };
      this.answered.set(capacity, answers);
    }
    return answers;
  }

  /**
   * Gives the parameters' memory back to the kernels, for networks to come. Neither the network nor its parameters, nor
   * any part of them, may be used after that; what hangs on it (workspaces, oracles, tracers) refuses. Releasing it twice
   * does nothing the second time. Without it the memory stays taken for as long as the kernels are there,
   * also when nobody refers to the network any more: who makes thousands of networks on the same kernels should
   * release each when it has done its service.
   */
  release(): void {
    if (this.released) return;
    this.workspaces.clear();
    this.kernels.free(this.memory.values);
    this.kernels.free(this.memory.feedback);
  }

  /** An array for the caller to keep, which goes when nobody refers to it: not from the kernels' memory. */
  private freshArray(length: number): A {
    return new (this.parameters.values.constructor as new (length: number) => A)(length);
  }

  /** Copies the images into the workspace a pass at a time and lets `each` work on the n that begin at `first`. */
  private inPasses(images: Tensor, each: (workspace: Workspace<A>, first: number, n: number) => void): void {
    const [count] = images.shape;
    const { pass } = this;
    const workspace = this.workspace(pass);
    const { input } = workspace;
    const data = contiguous(images);
    for (let first = 0; first < count; first += pass) {
      const n = Math.min(pass, count - first);
      input.data.set(data.subarray(first * input.size, (first + n) * input.size));
      each(workspace, first, n);
    }
  }
}

/**
 * @throws {TypeError} if an argument is no network
 * @throws {Error} if it was released
 */
export function checkNetwork(where: string, value: unknown): void {
  if (!(value instanceof Network)) {
    throw new TypeError(check.refusal(where, 'network', value, 'a network (createNetwork makes one)'));
  }
  if (value.released) throw releasedError(where, 'the network');
}

/**
 * Checks that an argument is images for a network.
 *
 * @throws {ShapeError} if they are not of the shape the network expects
 * @throws {RangeError | TypeError} if a number is not finite, or they are no tensor
 */
export function checkBatch(where: string, { inputShape }: Pick<Network, 'inputShape'>, images: unknown): void {
  checkTensor(where, 'images', images);
  const { shape } = images as Tensor;
  if (shapeText(shape.slice(1)) !== shapeText(inputShape)) {
    throw new ShapeError(
      `${where}: images have shape ${shapeText(shape)}, the network expects [N, ${inputShape.join(', ')}]`,
    );
  }
  check.pixels(where, 'images.data', contiguous(images as Tensor), true);
}

/** Checks which gradient is asked for. */
export function checkQuestion(where: string, options: unknown): void {
  check.object(where, 'options', options, 'an object with path and loss');
  const { path, loss } = options as { path: GradientPath; loss: Loss };
  checkPath(where, 'options.path', path);
  checkLoss(where, 'options.loss', loss);
}
