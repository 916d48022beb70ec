import { ShapeError } from '../errors.js';
import type { Batch, Buffers, Layer, PlainLayer, PlainStage, WeightedLayer, WeightedStage } from '../layers/layer.js';
import type { Loss } from '../losses/loss.js';
import { type GradientPath, ruleAlong } from '../rules/path.js';
import type { ErrorPath, LearningRule } from '../rules/rule.js';
import type { Kernels } from '../tensor/kernels.js';
import { type FloatArray, shapeText, sizeOf } from '../tensor/tensor.js';
import { type ParameterLayout, type Parameters, view } from './parameters.js';
import { PassMemory } from './pass-memory.js';

/** A layer and its memory. */
type Stage<A extends FloatArray> =
  | { readonly layer: PlainLayer; readonly run: PlainStage }
  | {
      readonly layer: WeightedLayer;
      readonly run: WeightedStage<A>;
      readonly weight: A;
      readonly bias: A;
      readonly path: CountedPath<A>;
    };

/** An error path whose `send` works on the images of the current pass. */
interface CountedPath<A extends FloatArray> extends ErrorPath<A> {
  images: number;
}

/** What is known at the top, for rules that send it straight down. */
interface Output<A extends FloatArray> {
  /** dLoss/dlogits, `[n, classes]` */
  error(): A;
  labels(): Uint8Array;
}

/** A flat gradient, and the view of each weighted layer's part in it. */
export interface Gradient<A extends FloatArray> {
  readonly flat: A;
  readonly parts: ReadonlyMap<Layer, { readonly dw: A; readonly db: A }>;
}

/** What a workspace runs: a network, or what will be one. */
export interface Runnable<A extends FloatArray> {
  readonly layers: readonly Layer[];
  readonly rule: LearningRule;
  readonly kernels: Kernels<A>;
  readonly parameters: Parameters<A>;
  readonly layout: ParameterLayout;
  /** `[C, H, W]` */
  readonly inputShape: readonly number[];
  readonly classes: number;
}

/**
 * A network's layers, tied to memory to run them forward and backward on up to `capacity` images. It is the memory of
 * all workspaces on the same kernels: what a pass leaves in {@link logits} or {@link inputGradient} is there until
 * another workspace begins a pass.
 */
export class Workspace<A extends FloatArray = FloatArray> {
  /** Images, `[capacity, C, H, W]`: written by the caller. */
  readonly input: Batch<A>;
  /** `[capacity, classes]` */
  readonly logits: Batch<A>;
  /** dLoss/dlogits: what {@link backward} starts from. */
  readonly dlogits: Batch<A>;
  /** dLoss/dpixels, `[capacity, C, H, W]`, after a backward pass that went there. */
  readonly inputGradient: Batch<A>;
  /** Each image's loss. */
  readonly losses: Float64Array;
  private readonly predicted: Uint8Array;
  /** Those of the last loss. */
  private labels: Uint8Array = new Uint8Array(0);
  private readonly stages: readonly Stage<A>[];
  /** Each layer's memory. Layers write over each other's unless `keep` was asked for; other workspaces always may. */
  readonly layerMemory: readonly { readonly layer: Layer; readonly buffers: Buffers<A> }[];

  private readonly memory: PassMemory<A>;

  /** @param keep gives every layer memory of its own: nothing of a pass is written over, for those who want to look */
  constructor(
    readonly network: Runnable<A>,
    readonly capacity: number,
    keep = false,
  ) {
    const { kernels, layers } = network;
    this.memory = PassMemory.of(kernels);
    const { alloc, allocIndices } = this.memory.layOut();
    const newBatch = (shape: readonly number[]) => batchOf(alloc, capacity, shape);
    let x = newBatch(network.inputShape);
    let dx = newBatch(network.inputShape);
    this.input = x;
    this.inputGradient = dx;
    let kept = true; // whether x must stay as it is: the caller's input, or what a layer below reads on the way back
    const layerMemory: { layer: Layer; buffers: Buffers<A> }[] = [];
    const output: Output<A> = { error: () => this.dlogits.data, labels: () => this.labels };
    this.stages = layers.map((layer, l) => {
      const place = layer.weighted ? 'own' : layer.output;
      const shares = !keep && l > 0 && (place === 'is-input' || (place === 'over-input' && !kept));
      kept = place === 'over-input' || (place === 'is-input' && kept);
      const y = shares ? x : newBatch(layer.outputShape);
      const dy = shares ? dx : newBatch(layer.outputShape);
      const buffers = { x, y, dx, dy, alloc, allocIndices };
      layerMemory.push({ layer, buffers });
      const stage = bindStage(network, layer, buffers, this.memory, output);
      x = y;
      dx = dy;
      return stage;
    });
    this.layerMemory = layerMemory;
    this.logits = x;
    this.dlogits = dx;
    this.losses = new Float64Array(capacity);
    this.predicted = new Uint8Array(capacity);
  }

  /**
   * From {@link input} to {@link logits}, for the first n images.
   *
   * @param from a layer to begin at, when nothing below it has changed since the last pass
   */
  forward(n: number, from?: Layer): void {
    if (from) this.checkHolder();
    this.memory.holder = this;
    const first = from === undefined ? 0 : this.stages.findIndex(({ layer }) => layer === from);
    for (let l = first; l < this.stages.length; l++) {
      const stage = this.stages[l];
      if ('weight' in stage) stage.run.forward(n, stage.weight, stage.bias);
      else stage.run.forward(n);
    }
  }

  /** Writes {@link losses} and {@link dlogits} for the first n images. */
  evaluateLoss(loss: Loss, labels: Uint8Array, n: number): void {
    this.checkHolder();
    this.labels = labels;
    loss.evaluate(this.logits.data, labels, n, this.network.classes, this.losses, this.dlogits.data);
  }

  /**
   * From {@link dlogits} downwards: at each weighted layer the weights' own gradient, if asked for, and then the
   * rule's answer to what error goes below. Without `toPixels` it stops at the lowest weights, as learning does.
   *
   * @param options.gradient overwritten with the gradient of the sum of the n losses
   */
  backward(
    n: number,
    options: { readonly rule: LearningRule; readonly gradient?: Gradient<A>; readonly toPixels: boolean },
  ): void {
    this.checkHolder();
    const { rule, gradient, toPixels } = options;
    const lowest = toPixels ? 0 : this.stages.findIndex((stage) => stage.layer.weighted);
    for (let l = this.stages.length - 1; l >= lowest; l--) {
      const stage = this.stages[l];
      if (!('weight' in stage)) {
        stage.run.backward(n);
        continue;
      }
      const part = gradient?.parts.get(stage.layer);
      if (part) stage.run.backwardWeights(n, part.dw, part.db);
      if (l === lowest && !toPixels) return;
      stage.path.images = n;
      rule.errorBelow(stage.path);
    }
  }

  /** From {@link input} to {@link inputGradient}: the gradient of each image's own loss with respect to its pixels. */
  pixelGradient(labels: Uint8Array, n: number, { path, loss }: { path: GradientPath; loss: Loss }): void {
    this.forward(n);
    this.evaluateLoss(loss, labels, n);
    this.backward(n, { rule: ruleAlong(path, this.network.rule), toPixels: true });
  }

  /** The predicted class of each of the first n images, after {@link forward}; overwritten by the next call. */
  predictions(n: number): Uint8Array {
    this.checkHolder();
    argmaxRows(this.logits.data, n, this.network.classes, this.predicted);
    return this.predicted;
  }

  /** @throws {Error} if what the pass forward has left is not there any more */
  private checkHolder(): void {
    if (this.memory.holder !== this) {
      throw new Error('workspace: another one on the same kernels has begun a pass since this one’s last pass forward');
    }
  }
}

/** Views of each weighted layer's part of a flat gradient, which has the layout of the network's parameters. */
export function gradientOf<A extends FloatArray>(
  network: Pick<Runnable<A>, 'layers' | 'layout'>,
  flat: A,
): Gradient<A> {
  const { slots } = network.layout;
  const parts = new Map<Layer, { dw: A; db: A }>();
  for (const layer of network.layers) {
    if (!layer.weighted) continue;
    parts.set(layer, {
      dw: view(flat, slots, `${layer.name}.weight`),
      db: view(flat, slots, `${layer.name}.bias`),
    });
  }
  return { flat, parts };
}

/** Writes the index of the largest value in each row (the first, on a tie). */
function argmaxRows(values: FloatArray, rows: number, columns: number, out: Uint8Array): void {
  for (let r = 0; r < rows; r++) {
    let best = 0;
    for (let c = 1; c < columns; c++) if (values[r * columns + c] > values[r * columns + best]) best = c;
    out[r] = best;
  }
}

function batchOf<A extends FloatArray>(
  alloc: (length: number) => A,
  capacity: number,
  shape: readonly number[],
): Batch<A> {
  const size = sizeOf(shape);
  const data = alloc(capacity * size);
  const images = Array.from({ length: capacity }, (_, i) => data.subarray(i * size, (i + 1) * size) as A);
  return { data, images, size };
}

function bindStage<A extends FloatArray>(
  network: Runnable<A>,
  layer: Layer,
  buffers: Buffers<A>,
  memory: PassMemory<A>,
  output: Output<A>,
): Stage<A> {
  const { kernels, layout, parameters } = network;
  if (!layer.weighted) return { layer, run: layer.bind(kernels, buffers) };
  const run = layer.bind(kernels, buffers);
  const weight = view(parameters.values, layout.slots, `${layer.name}.weight`);
  let carriers: A | undefined; // the memory for carriers when `scratch` was cut from it: it may grow
  let scratch = weight;
  const { dx } = buffers;
  const path: CountedPath<A> = {
    images: 0,
    kernels,
    weight,
    feedback: view(parameters.feedback, layout.feedbackSlots, `${layer.name}.feedback`),
    scratch() {
      const all = memory.carrierOf(weight.length);
      if (all !== carriers) [carriers, scratch] = [all, all.subarray(0, weight.length) as A];
      return scratch;
    },
    send(carrier) {
      if (carrier.length !== weight.length) throw carrierError(layer, network.rule, carrier.length);
      run.backwardInput(path.images, carrier);
    },
    sendOutput(direct) {
      if (direct.length !== network.classes * dx.size) throw carrierError(layer, network.rule, direct.length);
      kernels.matmul(output.error(), direct, dx.data, path.images, dx.size, network.classes);
    },
    sendTarget(direct) {
      if (direct.length !== network.classes * dx.size) throw carrierError(layer, network.rule, direct.length);
      const labels = output.labels();
      for (let i = 0; i < path.images; i++) {
        dx.images[i].set(direct.subarray(labels[i] * dx.size, (labels[i] + 1) * dx.size));
      }
    },
  };
  return { layer, run, weight, bias: view(parameters.values, layout.slots, `${layer.name}.bias`), path };
}

/** Kernels would go on with as many outputs as the carrier has, and leave zeros: an error that looks like masking. */
function carrierError({ name, weightShape }: WeightedLayer, { title }: LearningRule, length: number): ShapeError {
  const advice = length === 0 ? '; has the network feedback weights?' : '';
  return new ShapeError(
    `${name}: the error is to be carried by ${length} numbers, where the weights are ${shapeText(weightShape)}, ${sizeOf(weightShape)} numbers (the network learns by ${title}${advice})`,
  );
}
