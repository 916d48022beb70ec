/* A network's layers as a list of stages, each tied to its memory: a pass runs them in order, and back in reverse. */

import { ShapeError } from '../errors.js';
import type {
  Buffers,
  Layer,
  Leaf,
  Normalization,
  NormalizingLayer,
  NormalizingStage,
  PlainStage,
  WeightedLayer,
  WeightedStage,
} from '../layers/layer.js';
import { isNormalizing } from '../layers/tree.js';
import type { ErrorPath, LearningRule } from '../rules/rule.js';
import type { ClassIndices } from '../tensor/class-indices.js';
import type { Kernels } from '../tensor/kernels.js';
import { type FloatArray, shapeText, sizeOf } from '../tensor/tensor.js';
import { type ParameterLayout, type Parameters, view } from './parameters.js';
import type { PassMemory } from './pass-memory.js';
import type { Placed, Places, Side } from './pass-places.js';

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

/** A layer and its memory; of a block its lower end, where the ways part, and its upper, where they meet. */
export type Stage<A extends FloatArray> =
  | { readonly layer: Layer; readonly run: PlainStage }
  | { readonly layer: NormalizingLayer; readonly run: NormalizingStage<A>; readonly learned: Normalization<A> }
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
export interface Output<A extends FloatArray> {
  /** dLoss/dlogits, `[n, classes]` */
  error(): A;
  labels(): ClassIndices;
}

/** A layer's memory, and the stages that it is: of a block from its lower end to its upper. */
export interface LayerMemory<A extends FloatArray> {
  readonly layer: Layer;
  readonly buffers: Places<A>;
  readonly first: number;
  readonly last: number;
}

/** Ties layers to their memory, one by one. */
export class StageBinder<A extends FloatArray> {
  readonly stages: Stage<A>[] = [];
  /** In the order of the stages; a block stands behind what it is made of. */
  readonly layerMemory: LayerMemory<A>[] = [];

  constructor(
    private readonly network: Runnable<A>,
    private readonly memory: PassMemory<A>,
    private readonly alloc: Pick<Buffers<A>, 'alloc' | 'allocIndices'>,
    private readonly output: Output<A>,
  ) {}

  bind(placed: readonly Placed<A>[]): void {
    for (const place of placed) {
      const { layer, x, y, dx, dy } = place;
      const buffers = { x, y, dx, dy };
      const first = this.stages.length;
      if ('sides' in place) {
        const { kernels } = this.network;
        this.stages.push({ layer, run: lowerEnd(kernels, place, place.sides) });
        for (const side of place.sides) this.bind(side.layers);
        this.stages.push({ layer, run: upperEnd(kernels, place, place.sides) });
      } else {
        this.stages.push(this.stageOf(place.layer, { ...buffers, ...this.alloc }));
      }
      this.layerMemory.push({ layer, buffers, first, last: this.stages.length - 1 });
    }
  }

  private stageOf(layer: Leaf, buffers: Buffers<A>): Stage<A> {
    const { kernels } = this.network;
    if (layer.weighted) return this.weightedStage(layer, buffers);
    if (!isNormalizing(layer)) return { layer, run: layer.bind(kernels, buffers) };
    const learned = normalizationIn(this.network.parameters.values, this.network.layout, layer);
    return { layer, run: layer.bind(kernels, buffers), learned };
  }

  private weightedStage(layer: WeightedLayer, buffers: Buffers<A>): Stage<A> {
    const { kernels, layout, parameters } = this.network;
    const run = layer.bind(kernels, buffers);
    const { dw: weight, db: bias } = weightsIn(parameters.values, layout, layer);
    return { layer, run, weight, bias, path: this.pathOf(layer, buffers, run, weight) };
  }

  private pathOf(layer: WeightedLayer, { dx }: Buffers<A>, run: WeightedStage<A>, weight: A): CountedPath<A> {
    const { network, memory, output } = this;
    const { kernels, layout, parameters } = network;
    let carriers: A | undefined; // the memory for carriers when `scratch` was cut from it: it may grow
    let scratch = weight;
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
    return path;
  }
}

/** Where the ways of a block part: each side sees x, and what both send down is added. */
function lowerEnd<A extends FloatArray>(
  kernels: Kernels<A>,
  { x, dx }: Places<A>,
  sides: readonly Side<A>[],
): PlainStage {
  const copies = sides.filter((side) => side.x !== x);
  const errors = sides.map((side) => side.dx.data);
  return {
    forward(n) {
      for (const copy of copies) copy.x.data.set(x.data.subarray(0, n * x.size));
    },
    backward: (n) => kernels.sumParts(errors, errors.length, dx.data, n * dx.size),
  };
}

/** Where they meet again; the error goes down both sides as it is. */
function upperEnd<A extends FloatArray>(kernels: Kernels<A>, { y }: Places<A>, sides: readonly Side<A>[]): PlainStage {
  const outputs = sides.map((side) => side.y.data);
  return {
    forward: (n) => kernels.sumParts(outputs, outputs.length, y.data, n * y.size),
    backward() {},
  };
}

/** A weighted layer's part of a flat array that has the layout of the parameters. */
export const weightsIn = <A extends FloatArray>(flat: A, { slots }: ParameterLayout, layer: WeightedLayer) => ({
  dw: view(flat, slots, `${layer.name}.weight`),
  db: layer.biasShape ? view(flat, slots, `${layer.name}.bias`) : (flat.subarray(0, 0) as A),
});

/** A normalising layer's. */
export const normalizationIn = <A extends FloatArray>(
  flat: A,
  { slots }: ParameterLayout,
  { name }: NormalizingLayer,
): Normalization<A> => ({
  scale: view(flat, slots, `${name}.weight`),
  shift: view(flat, slots, `${name}.bias`),
  mean: view(flat, slots, `${name}.running_mean`),
  variance: view(flat, slots, `${name}.running_var`),
});

/** Kernels would go on with as many outputs as the carrier has, and leave zeros: an error that looks like masking. */
function carrierError({ name, weightShape }: WeightedLayer, { title }: LearningRule, length: number): ShapeError {
  const advice = length === 0 ? '; has the network feedback weights?' : '';
  return new ShapeError(
    `${name}: the error is to be carried by ${length} numbers, where the weights are ${shapeText(weightShape)}, ${sizeOf(weightShape)} numbers (the network learns by ${title}${advice})`,
  );
}
