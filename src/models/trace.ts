/*
 * One image's way through a network and back, every number kept: for eyes, not for speed. What shows it (the command
 * `inspect`, the lab's page) reads it from here and computes nothing of its own.
 */
import * as check from '../check.js';
import { deviation } from '../layers/batch-norm.js';
import type { Layer } from '../layers/layer.js';
import { isBlock, isNormalizing } from '../layers/tree.js';
import { checkLoss, type Loss } from '../losses/loss.js';
import { backprop } from '../rules/backprop.js';
import type { LearningRule } from '../rules/rule.js';
import { type Sent, watching } from '../rules/watch.js';
import { angleBetween, norm } from '../tensor/angle.js';
import type { Window } from '../tensor/im2col.js';
import { type FloatArray, sizeOf } from '../tensor/tensor.js';
import { checkNetwork, type Network } from './network.js';
import { normalizationIn, weightsIn } from './stages.js';
import { type Gradient, gradientOf, Workspace } from './workspace.js';

/** What is said of an array in a few numbers. */
export interface Extent {
  readonly least: number;
  readonly greatest: number;
  /** √Σ v² */
  readonly size: number;
  /** The share that is exactly zero, in [0, 1]. */
  readonly zeros: number;
}

/** One way down through a layer: the error that came, what it made of the weights' gradient, and the error sent below. */
export interface Descent<A extends FloatArray> {
  /** dLoss/dy, in the layer's output shape. */
  readonly dy: A;
  /** dLoss/dx, in its input shape. */
  readonly dx: A;
  readonly error: Extent;
  /** dLoss/dW and dLoss/db, and the former's extent; undefined in a layer without weights. */
  readonly dw?: A;
  readonly db?: A;
  readonly gradient?: Extent;
  /** What stood where W stands on the way down; undefined without weights, or where the rule sends no error through. */
  readonly carrier?: A;
  /** The weights, `[classes, inputs]`, by which the network's output error or target came straight here. */
  readonly direct?: { readonly what: 'output' | 'target'; readonly weights: A };
}

/** One layer, there and back. */
export interface LayerTrace<A extends FloatArray = FloatArray> {
  readonly name: string;
  readonly inputShape: readonly number[];
  readonly outputShape: readonly number[];
  readonly window?: Window;
  readonly x: A;
  readonly y: A;
  readonly output: Extent;
  /** Of a block: where its layers and its shortcut's stand in the trace, each side from below. */
  readonly sides?: readonly (readonly number[])[];
  /** The averages that a normalising layer goes by, and √(v + ε) of theirs. */
  readonly normalization?: { readonly mean: A; readonly deviation: A };
  /** W and b, of a layer that has them; of a normalising layer γ and β. */
  readonly weights?: { readonly shape: readonly number[]; readonly weight: A; readonly bias: A };
  /**
   * ∂y/∂x of a layer without weights, at each x: what of an error it lets through. Undefined where one x goes into
   * several y.
   */
  readonly slope?: A;
  /** Along the rule's own path, from the loss down to here. */
  readonly own: Descent<A>;
  /** Along the true weights, from the loss down to here: backpropagation's. */
  readonly exact: Descent<A>;
  /** Degrees between the two errors below, and between the two weight gradients; undefined where one is all zeros. */
  readonly errorAngle: number | undefined;
  readonly gradientAngle: number | undefined;
}

/** One image's way through a network and back. */
export interface Trace<A extends FloatArray = FloatArray> {
  /** The rule's label, such as `FA`, and whether it sends errors through feedback weights. */
  readonly rule: string;
  readonly usesFeedback: boolean;
  readonly label: number;
  readonly logits: A;
  readonly probabilities: Float64Array;
  readonly prediction: number;
  readonly loss: number;
  /** dLoss/dlogits */
  readonly dlogits: A;
  /** From the image up. */
  readonly layers: readonly LayerTrace<A>[];
}

/** A step of the walk: up through the layers, the loss, and down again. */
export type Step =
  | { readonly phase: 'forward' | 'backward'; readonly layer: number }
  | { readonly phase: 'loss'; readonly layer: undefined };

/**
 * All steps in their order: `2·layers + 1`.
 *
 * @throws {TypeError} if there is no trace
 */
export function walk(trace: Pick<Trace, 'layers'>): Step[] {
  checkTrace('walk', trace);
  const { layers } = trace;
  const up = layers.map((_, layer): Step => ({ phase: 'forward', layer }));
  const down = wayDown(layers).map((layer): Step => ({ phase: 'backward', layer }));
  return [...up, { phase: 'loss', layer: undefined }, ...down];
}

/** The layers in the order in which errors come out below them: a block's when its sides' have met. */
export function wayDown(layers: readonly LayerTrace[]): number[] {
  const lowest = (l: number): number => Math.min(l, ...(layers[l].sides ?? []).flat().map(lowest));
  return [...layers.keys()].sort((a, b) => lowest(b) - lowest(a) || a - b);
}

/** Traces images through one network. */
export class Tracer<A extends FloatArray> {
  private readonly workspace: Workspace<A>;
  /** A workspace for each layer without weights on its own, to ask what it lets through. */
  private readonly plain: ReadonlyMap<Layer, Workspace<A>>;

  /** @throws {TypeError} if there is no network */
  constructor(private readonly network: Network<A>) {
    checkNetwork('Tracer', network);
    this.workspace = new Workspace(network, 1, true);
    const alone = this.workspace.layerMemory.flatMap(({ layer }): [Layer, Workspace<A>][] => {
      const { inputShape, window } = layer;
      if (layer.weighted || isBlock(layer) || (window && window.stride < window.kernel)) return [];
      return [[layer, new Workspace({ ...runnable(network), layers: [layer], inputShape }, 1)]];
    });
    this.plain = new Map(alone);
  }

  /**
   * @param image `[C, H, W]` in [0, 1]
   * @param label its true class
   * @throws {ShapeError} if the image is not as large as the network expects
   * @throws {RangeError | TypeError} if a number is not finite, the label no class, or an argument none
   */
  trace(image: FloatArray, label: number, loss: Loss): Trace<A> {
    const { network, workspace } = this;
    checkTraced('trace', network, image, label, loss);
    const labels = Uint8Array.of(label);
    workspace.input.data.set(image);
    workspace.forward(1);
    const logits = workspace.logits.data.slice() as A;
    const prediction = workspace.predictions(1)[0];
    workspace.evaluateLoss(loss, labels, 1);
    const dlogits = workspace.dlogits.data.slice() as A;
    const copy = copies<A>();
    const up = workspace.layerMemory.map(({ buffers: { x, y } }) => ({ x: copy(x.data), y: copy(y.data) }));
    const [own, exact] = this.descents(loss, labels);
    return {
      rule: network.rule.label,
      usesFeedback: network.rule.usesFeedback,
      label,
      logits,
      probabilities: softmax(logits),
      prediction,
      loss: workspace.losses[0],
      dlogits,
      // The last step: asking a layer on its own begins another pass, in the same memory.
      layers: workspace.layerMemory.map(({ layer }, l) => {
        const { name, inputShape, outputShape, window } = layer;
        const { x, y } = up[l];
        return {
          name,
          inputShape,
          outputShape,
          ...(window && { window }),
          x,
          y,
          output: extent(y),
          ...this.sidesOf(layer),
          ...this.parametersOf(layer),
          ...this.slopeOf(layer, x),
          own: own[l],
          exact: exact[l],
          errorAngle: angleBetween(own[l].dx, exact[l].dx),
          gradientAngle: own[l].dw && exact[l].dw && angleBetween(own[l].dw, exact[l].dw),
        };
      }),
    };
  }

  /** The network's own way down, and backpropagation's. */
  private descents(loss: Loss, labels: Uint8Array): [own: Descent<A>[], exact: Descent<A>[]] {
    const { kernels, layout, rule } = this.network;
    const flat = kernels.alloc(layout.parameterCount);
    try {
      const gradient = gradientOf(this.network, flat);
      const own = this.descend(rule, loss, labels, gradient);
      return [own, rule === backprop ? own : this.descend(backprop, loss, labels, gradient)];
    } finally {
      kernels.free(flat);
    }
  }

  /**
   * From the loss down to the pixels by a rule, each layer's numbers copied.
   *
   * @param gradient scratch
   */
  private descend(rule: LearningRule, loss: Loss, labels: Uint8Array, gradient: Gradient<A>): Descent<A>[] {
    const { workspace } = this;
    const { watched, kept } = watching(rule, ({ what, through }) => ({
      what,
      weights: through.slice() as FloatArray as A,
    }));
    workspace.evaluateLoss(loss, labels, 1); // another way down may have left its own error there
    workspace.backward(1, { rule: watched, gradient, toPixels: true });
    const copy = copies<A>();
    const down = workspace.layerMemory.toReversed().map(({ layer, buffers }): Descent<A> => {
      const [dy, dx] = [copy(buffers.dy.data), copy(buffers.dx.data)];
      const normalization = gradient.normalizations.get(layer);
      if (normalization) {
        const [dw, db] = [normalization.scale.slice() as A, normalization.shift.slice() as A];
        return { dy, dx, error: extent(dx), dw, db, gradient: extent(dw) };
      }
      const part = gradient.parts.get(layer);
      if (!part) return { dy, dx, error: extent(dx) };
      const [dw, db, sent] = [part.dw.slice() as A, part.db.slice() as A, kept.shift()];
      return { dy, dx, error: extent(dx), dw, db, gradient: extent(dw), ...carriedBy(sent) };
    });
    return down.reverse();
  }

  private sidesOf(layer: Layer): Pick<LayerTrace<A>, 'sides'> {
    if (!isBlock(layer)) return {};
    const places = new Map(this.workspace.layerMemory.map((memory, l) => [memory.layer, l]));
    const placesOf = (side: readonly Layer[]) => side.map((each) => places.get(each) as number);
    return { sides: [placesOf(layer.layers), placesOf(layer.shortcut)] };
  }

  private parametersOf(layer: Layer): Pick<LayerTrace<A>, 'weights' | 'normalization'> {
    const { parameters, layout } = this.network;
    if (layer.weighted) {
      const { dw, db } = weightsIn(parameters.values, layout, layer);
      return { weights: { shape: layer.weightShape, weight: dw.slice() as A, bias: db.slice() as A } };
    }
    if (isBlock(layer) || !isNormalizing(layer)) return {};
    const { scale, shift, mean, variance } = normalizationIn(parameters.values, layout, layer);
    return {
      weights: { shape: [layer.channels], weight: scale.slice() as A, bias: shift.slice() as A },
      normalization: { mean: mean.slice() as A, deviation: variance.map(deviation) as A },
    };
  }

  /** What the layer lets through of an error: what it answers to an error of 1 everywhere. */
  private slopeOf(layer: Layer, x: A): Pick<LayerTrace<A>, 'slope'> {
    const alone = this.plain.get(layer);
    if (!alone) return {};
    alone.input.data.set(x);
    alone.forward(1);
    alone.dlogits.data.fill(1);
    alone.backward(1, { rule: backprop, toPixels: true });
    return { slope: alone.inputGradient.data.slice() as A };
  }
}

/**
 * A trace in a few numbers a layer: what `inspect --json` prints and what both views show.
 *
 * @throws {TypeError} if there is no trace
 */
export function summaryOf(trace: Trace) {
  checkTrace('summaryOf', trace);
  const { rule, label, logits, probabilities, prediction, loss, layers } = trace;
  return {
    rule,
    label,
    prediction,
    loss,
    logits: [...logits],
    probabilities: [...probabilities],
    layers: layers.map(({ name, outputShape, inputShape, output, own, exact, errorAngle, gradientAngle }) => ({
      name,
      inputShape,
      outputShape,
      forward: output,
      /** Of the error below the layer. */
      error: { own: own.error, true: exact.error, angle: errorAngle ?? null },
      ...(own.gradient && { gradient: { own: own.gradient, true: exact.gradient, angle: gradientAngle ?? null } }),
    })),
  };
}
export type TraceSummary = ReturnType<typeof summaryOf>;

/** What a workspace needs of a network, but for its layers. */
function runnable<A extends FloatArray>(network: Network<A>) {
  const { rule, kernels, parameters, layout, classes } = network;
  return { rule, kernels, parameters, layout, classes };
}

function carriedBy<A extends FloatArray>(
  sent: { readonly what: Sent<A>['what']; readonly weights: A } | undefined,
): Pick<Descent<A>, 'carrier' | 'direct'> {
  if (!sent) return {};
  const { what, weights } = sent;
  return what === 'error' ? { carrier: weights } : { direct: { what, weights } };
}

/** Copies arrays, the same one only once: a layer's y is the next one's x. */
function copies<A extends FloatArray>(): (array: A) => A {
  const made = new Map<A, A>();
  return (array) => {
    const copy = made.get(array) ?? (array.slice() as A);
    made.set(array, copy);
    return copy;
  };
}

/**
 * What is said of an array in a few numbers; of none, NaN of zeros.
 *
 * @throws {TypeError} if there is no array
 */
export function extent(values: FloatArray): Extent {
  check.floats('extent', 'values', values);
  let [least, greatest, zeros] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  for (let i = 0; i < values.length; i++) {
    least = Math.min(least, values[i]);
    greatest = Math.max(greatest, values[i]);
    if (values[i] === 0) zeros++;
  }
  return { least, greatest, size: norm(values), zeros: zeros / values.length };
}

/**
 * p_j = exp(z_j − max z) / Σ exp(z − max z), in float64.
 *
 * @throws {TypeError} if there are no logits
 */
export function softmax(logits: FloatArray): Float64Array {
  check.floats('softmax', 'logits', logits);
  const { greatest } = extent(logits);
  const exponentials = Float64Array.from(logits, (z) => Math.exp(z - greatest));
  const sum = exponentials.reduce((total, value) => total + value, 0);
  return exponentials.map((value) => value / sum);
}

/** @throws {TypeError} if an argument is no trace */
export function checkTrace(where: string, trace: unknown): void {
  check.object(where, 'trace', trace, 'a trace (a Tracer makes one)');
  check.list(where, 'trace.layers', (trace as Trace).layers, "an array with each layer's trace");
}

/** Checks what is to be traced: an image for the network, its class, and a loss. */
export function checkTraced(
  where: string,
  { inputShape, classes }: Pick<Network, 'inputShape' | 'classes'>,
  image: unknown,
  label: unknown,
  loss: unknown,
): void {
  check.floats(where, 'image', image, sizeOf(inputShape));
  check.numbers(where, 'image', image);
  check.wholeNumber(where, 'label', label, { from: 0, to: classes - 1 });
  checkLoss(where, 'loss', loss);
}
