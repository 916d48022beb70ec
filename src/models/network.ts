import { ShapeError } from '../errors.js';
import type { Layer } from '../layers/layer.js';
import type { Loss } from '../losses/loss.js';
import { backprop } from '../rules/backprop.js';
import type { LearningRule } from '../rules/rule.js';
import type { Kernels } from '../tensor/kernels.js';
import { contiguous, type FloatArray, shapeText, sizeOf, type Tensor, tensor } from '../tensor/tensor.js';
import { type ParameterLayout, type Parameters, parameterLayout } from './parameters.js';
import { Workspace } from './workspace.js';

/** Images that the tensor functions below send through the network at a time. */
const CHUNK = 64;

/**
 * What carries the error down: the learning rule's own path (for feedback alignment the fixed random B, which is what
 * the paper's attacker uses), or the true transposed weights. The same for backpropagation.
 */
export type GradientPath = 'feedback' | 'true';

/** Weights, the rule they learn by, and the layers that use them. The memory to run it is a {@link Workspace}. */
export class Network<A extends FloatArray = FloatArray> {
  readonly layout: ParameterLayout;
  private readonly workspaces = new Map<number, Workspace<A>>();

  constructor(
    readonly layers: readonly Layer[],
    readonly rule: LearningRule,
    readonly kernels: Kernels<A>,
    readonly parameters: Parameters<A>,
  ) {
    this.layout = parameterLayout(layers);
  }

  /** `[C, H, W]` */
  get inputShape(): readonly number[] {
    return this.layers[0].inputShape;
  }

  get classes(): number {
    return sizeOf(this.layers[this.layers.length - 1].outputShape);
  }

  /**
   * The logits of a batch of images, `[N, C, H, W]` in [0, 1] → `[N, classes]`.
   *
   * @throws {ShapeError} if the images are not of the shape the network expects.
   */
  logits(images: Tensor): Tensor<A> {
    const logits = this.freshArray(images.shape[0] * this.classes);
    this.inChunks('logits', images, (workspace, first, n) => {
      workspace.forward(n);
      logits.set(workspace.logits.data.subarray(0, n * this.classes), first * this.classes);
    });
    return tensor(logits, [images.shape[0], this.classes]);
  }

  /** The class with the largest logit for each image (the first, on a tie). */
  predict(images: Tensor): Uint8Array {
    const predictions = new Uint8Array(images.shape[0]);
    this.inChunks('predict', images, (workspace, first, n) => {
      workspace.forward(n);
      predictions.set(workspace.predictions(n).subarray(0, n), first);
    });
    return predictions;
  }

  /**
   * The gradient of each image's own loss with respect to its pixels, `[N, C, H, W]`.
   *
   * @throws {ShapeError} if the images are not of the shape the network expects, or labels are missing.
   */
  inputGradient(images: Tensor, labels: Uint8Array, options: { path: GradientPath; loss: Loss }): Tensor<A> {
    if (labels.length !== images.shape[0]) {
      throw new ShapeError(`inputGradient: ${images.shape[0]} images, ${labels.length} labels`);
    }
    const unknown = labels.find((label) => label >= this.classes);
    if (unknown !== undefined) {
      throw new ShapeError(`inputGradient: label ${unknown}, the network has classes 0 to ${this.classes - 1}`);
    }
    const gradient = this.freshArray(sizeOf(images.shape));
    this.inChunks('inputGradient', images, (workspace, first, n) => {
      workspace.forward(n);
      this.pixelGradient(workspace, labels.subarray(first, first + n), n, options);
      const { data, size } = workspace.inputGradient;
      gradient.set(data.subarray(0, n * size), first * size);
    });
    return tensor(gradient, images.shape);
  }

  /**
   * The same over plain arrays, for loops that must not allocate: takes up to `capacity` images, `[n, C, H, W]`, and
   * returns memory that the next call overwrites.
   */
  gradientFunction(
    options: { path: GradientPath; loss: Loss },
    capacity: number,
  ): (images: A, labels: Uint8Array, n: number) => A {
    const workspace = this.workspace(capacity);
    return (images, labels, n) => {
      workspace.input.data.set(images.subarray(0, n * workspace.input.size));
      workspace.forward(n);
      this.pixelGradient(workspace, labels, n, options);
      return workspace.inputGradient.data;
    };
  }

  /** Memory to run up to `capacity` images at a time: made at the first call, the same one at every later call. */
  workspace(capacity: number): Workspace<A> {
    let workspace = this.workspaces.get(capacity);
    if (!workspace) {
      workspace = new Workspace(this, capacity);
      this.workspaces.set(capacity, workspace);
    }
    return workspace;
  }

  private pixelGradient(
    workspace: Workspace<A>,
    labels: Uint8Array,
    n: number,
    { path, loss }: { path: GradientPath; loss: Loss },
  ): void {
    workspace.evaluateLoss(loss, labels, n);
    workspace.backward(n, { rule: this.errorRule(path), toPixels: true });
  }

  /** The rule by which the error goes down the given path. */
  errorRule(path: GradientPath): LearningRule {
    return path === 'true' ? backprop : this.rule;
  }

  /** An array for the caller to keep: not from the kernels' memory, which is never given back. */
  private freshArray(length: number): A {
    return new (this.parameters.values.constructor as new (length: number) => A)(length);
  }

  /** Copies the images into the workspace a chunk at a time and lets `each` work on the n that begin at `first`. */
  private inChunks(
    operation: string,
    images: Tensor,
    each: (workspace: Workspace<A>, first: number, n: number) => void,
  ): void {
    const [count, ...shape] = images.shape;
    if (shapeText(shape) !== shapeText(this.inputShape)) {
      throw new ShapeError(
        `${operation}: images have shape ${shapeText(images.shape)}, the network expects [N, ${this.inputShape.join(', ')}]`,
      );
    }
    const workspace = this.workspace(CHUNK);
    const { input } = workspace;
    const data = contiguous(images);
    for (let first = 0; first < count; first += CHUNK) {
      const n = Math.min(CHUNK, count - first);
      input.data.set(data.subarray(first * input.size, (first + n) * input.size));
      each(workspace, first, n);
    }
  }
}
