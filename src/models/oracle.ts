import * as check from '../check.js';
import type { Loss } from '../losses/loss.js';
import type { GradientPath } from '../rules/path.js';
import type { FloatArray } from '../tensor/tensor.js';
import { checkNetwork, checkQuestion, type Network, PASS } from './network.js';

/** What an attack asks of a network, over plain arrays and without allocating: see `Oracle` in src/attacks. */
export interface NetworkOracle<A extends FloatArray> {
  gradient(images: A, labels: Uint8Array, n: number): A;
  query(images: A, labels: Uint8Array, n: number): void;
  readonly losses: Float64Array;
  predictions(n: number): Uint8Array;
  /** `[C, H, W]` */
  readonly inputShape: readonly number[];
  readonly classes: number;
}

/**
 * A network's answers to up to `capacity` images at a time: the loss's gradient along the path, losses, predictions.
 * Oracles of one network and capacity share their memory: each answer lasts until the next question. Attacks ask for
 * every step, so that what is asked is not checked: `perturb` has done that.
 *
 * @throws {RangeError | TypeError} if the capacity is no whole number of 1 or more, the path none, or another argument
 *   none
 */
export function networkOracle<A extends FloatArray>(
  network: Network<A>,
  options: { readonly path: GradientPath; readonly loss: Loss },
  capacity: number,
): NetworkOracle<A> {
  checkNetwork('networkOracle', network);
  checkQuestion('networkOracle', options);
  check.wholeNumber('networkOracle', 'capacity', capacity);
  const workspace = network.workspace(Math.min(PASS, capacity));
  const { gradient, losses, predictions } = network.answers(capacity);
  const { size } = workspace.input;

  /** Sends the images through the layers a pass at a time; `each` works on the n that begin at `first`. */
  const ask = (images: A, labels: Uint8Array, count: number, each: PassWork) => {
    for (let first = 0; first < count; first += workspace.capacity) {
      const n = Math.min(workspace.capacity, count - first);
      workspace.input.data.set(images.subarray(first * size, (first + n) * size));
      each(labels.subarray(first, first + n), first, n);
      losses.set(workspace.losses.subarray(0, n), first);
      predictions.set(workspace.predictions(n).subarray(0, n), first);
    }
  };
  const differentiate: PassWork = (labels, first, n) => {
    workspace.pixelGradient(labels, n, options);
    gradient.set(workspace.inputGradient.data.subarray(0, n * size), first * size);
  };
  const evaluate: PassWork = (labels, _, n) => {
    workspace.forward(n);
    workspace.evaluateLoss(options.loss, labels, n);
  };
  return {
    gradient(images, labels, n) {
      ask(images, labels, n, differentiate);
      return gradient;
    },
    query: (images, labels, n) => ask(images, labels, n, evaluate),
    losses,
    predictions: () => predictions,
    inputShape: network.inputShape,
    classes: network.classes,
  };
}

type PassWork = (labels: Uint8Array, first: number, n: number) => void;
