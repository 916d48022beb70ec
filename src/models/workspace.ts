import type { Batch, Layer, Normalization, Statistics } from '../layers/layer.js';
import { isNormalizing, leavesOf, weightedLayers } from '../layers/tree.js';
import type { Loss } from '../losses/loss.js';
import { type GradientPath, ruleAlong } from '../rules/path.js';
import type { LearningRule } from '../rules/rule.js';
import { type ClassIndices, classIndices } from '../tensor/class-indices.js';
import { checkHeld } from '../tensor/released.js';
import type { FloatArray } from '../tensor/tensor.js';
import { PassMemory } from './pass-memory.js';
import { PassPlaces } from './pass-places.js';
import {
  type LayerMemory,
  normalizationIn,
  type Output,
  type Runnable,
  type Stage,
  StageBinder,
  weightsIn,
} from './stages.js';

/** A flat gradient, and the view of each layer's part in it. */
export interface Gradient<A extends FloatArray> {
  readonly flat: A;
  /** Of layers with weights. */
  readonly parts: ReadonlyMap<Layer, { readonly dw: A; readonly db: A }>;
  /** Of normalising layers. */
  readonly normalizations: ReadonlyMap<Layer, Normalization<A>>;
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
  private readonly predicted: ClassIndices;
  /** Those of the last loss. */
  private labels: ClassIndices = new Uint8Array(0);
  private readonly stages: readonly Stage<A>[];
  /** Each layer's memory. Layers write over each other's unless `keep` was asked for; other workspaces always may. */
  readonly layerMemory: readonly LayerMemory<A>[];
  /** The lowest stage with something to learn: learning goes down to it and no further. */
  private readonly lowest: number;
  /** Of the last pass forward. */
  private statistics: Statistics = 'averages';

  private readonly memory: PassMemory<A>;
  /** By which it knows whether the network was released. */
  private readonly weights: A;

  /** @param keep gives every layer memory of its own: nothing of a pass is written over, for those who want to look */
  constructor(
    readonly network: Runnable<A>,
    readonly capacity: number,
    keep = false,
  ) {
    const { kernels, layers } = network;
    this.memory = PassMemory.of(kernels);
    this.weights = network.parameters.values;
    const allocators = this.memory.layOut();
    const places = new PassPlaces(layers, allocators.alloc, capacity, keep);
    const output: Output<A> = { error: () => this.dlogits.data, labels: () => this.labels };
    const binder = new StageBinder(network, this.memory, allocators, output);
    binder.bind(places.layers);
    this.stages = binder.stages;
    this.layerMemory = binder.layerMemory;
    this.lowest = this.stages.findIndex((stage) => 'weight' in stage || 'learned' in stage);
    ({ x: this.input, y: this.logits, dx: this.inputGradient, dy: this.dlogits } = places.whole);
    this.losses = new Float64Array(capacity);
    this.predicted = classIndices(capacity, network.classes);
  }

  /**
   * From {@link input} to {@link logits}, for the first n images.
   *
   * @param from a layer to begin at, or where it stands in a block that block, whose sides write over each other; when
   *   nothing below it has changed since the last pass
   * @param statistics those that normalising layers use
   */
  forward(n: number, from?: Layer, statistics: Statistics = 'averages'): void {
    this.forwardFrom(from === undefined ? 0 : this.beginOf(from), n, statistics);
  }

  private beginOf(layer: Layer): number {
    const at = this.stages.findIndex((stage) => stage.layer === layer);
    const around = this.layerMemory.filter(({ first, last }) => first <= at && at <= last);
    return Math.min(...around.map(({ first }) => first));
  }

  /**
   * @param first the stage to begin at (see {@link layerMemory}): within a block only where every layer has memory of its
   *   own
   */
  forwardFrom(first: number, n: number, statistics: Statistics = 'averages'): void {
    if (first > 0) this.checkHolder();
    else this.checkNetwork();
    this.memory.holder = this;
    this.statistics = statistics;
    for (let l = first; l < this.stages.length; l++) {
      const stage = this.stages[l];
      if ('weight' in stage) stage.run.forward(n, stage.weight, stage.bias);
      else if ('learned' in stage) stage.run.forward(n, stage.learned, statistics);
      else stage.run.forward(n);
    }
  }

  /** Writes {@link losses} and {@link dlogits} for the first n images. */
  evaluateLoss(loss: Loss, labels: ClassIndices, n: number): void {
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
    const lowest = toPixels ? 0 : this.lowest;
    for (let l = this.stages.length - 1; l >= lowest; l--) {
      const stage = this.stages[l];
      if ('learned' in stage) {
        stage.run.backward(n, this.statistics, gradient?.normalizations.get(stage.layer));
        continue;
      }
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
  pixelGradient(labels: ClassIndices, n: number, { path, loss }: { path: GradientPath; loss: Loss }): void {
    this.forward(n);
    this.evaluateLoss(loss, labels, n);
    this.backward(n, { rule: ruleAlong(path, this.network.rule), toPixels: true });
  }

  /** The predicted class of each of the first n images, after {@link forward}; overwritten by the next call. */
  predictions(n: number): ClassIndices {
    this.checkHolder();
    argmaxRows(this.logits.data, n, this.network.classes, this.predicted);
    return this.predicted;
  }

  /** @throws {Error} if the network was released */
  private checkNetwork(): void {
    checkHeld('workspace', 'the network', this.weights);
  }

  /** @throws {Error} if what the pass forward has left is not there any more, or the network was released */
  private checkHolder(): void {
    this.checkNetwork();
    if (this.memory.holder !== this) {
      throw new Error('workspace: another one on the same kernels has begun a pass since this one’s last pass forward');
    }
  }
}

/** Views of each layer's part of a flat gradient, which has the layout of the network's parameters. */
export function gradientOf<A extends FloatArray>(
  { layers, layout }: Pick<Runnable<A>, 'layers' | 'layout'>,
  flat: A,
): Gradient<A> {
  const normalizing = leavesOf(layers).filter(isNormalizing);
  return {
    flat,
    parts: new Map(weightedLayers(layers).map((layer) => [layer, weightsIn(flat, layout, layer)])),
    normalizations: new Map(normalizing.map((layer) => [layer, normalizationIn(flat, layout, layer)])),
  };
}

/** Writes the index of the largest value in each row (the first, on a tie). */
function argmaxRows(values: FloatArray, rows: number, columns: number, out: ClassIndices): void {
  for (let r = 0; r < rows; r++) {
    let best = 0;
    for (let c = 1; c < columns; c++) if (values[r * columns + c] > values[r * columns + best]) best = c;
    out[r] = best;
  }
}
