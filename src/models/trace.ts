/*
 * One image's way through a network and back, every number kept: for eyes, not for speed. A Tracer (tracer.ts) makes it;
 * what shows it (the command `inspect`, the lab's page) reads it from here and computes nothing of its own.
 */
import * as check from '../check.js';
import { checkLoss } from '../losses/loss.js';
import { norm } from '../tensor/angle.js';
import type { Window } from '../tensor/im2col.js';
import { type FloatArray, sizeOf } from '../tensor/tensor.js';
import type { Network } from './network.js';

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
