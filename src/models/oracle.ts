import * as check from '../check.js';
import type { Loss } from '../losses/loss.js';
import type { GradientPath } from '../rules/path.js';
import type { ClassIndices } from '../tensor/class-indices.js';
import type { FloatArray } from '../tensor/tensor.js';
import { checkNetwork, checkQuestion, type Network } from './network.js';

/** What an attack asks of a network, over plain arrays and without allocating: see `Oracle` in src/attacks. */
export interface NetworkOracle<A extends FloatArray> {
  gradient(images: A, labels: ClassIndices, n: number): A;
  query(images: A, labels: ClassIndices, n: number): void;
  readonly losses: Float64Array;
  predictions(n: number): ClassIndices;
  /** `[capacity, classes]` */
  readonly logits: A;
  toward?(images: A, labels: ClassIndices, targets: ClassIndices, n: number): A;
  /** `[C, H, W]` */
  readonly inputShape: readonly number[];
  readonly classes: number;
}

/**
 * A network's answers to up to `capacity` images at a time: the loss's gradient along the path, losses, predictions.
 * Oracles of one network and capacity share their memory: each answer lasts until the next question. Attacks ask for
 * every step, so that what is asked is not checked: `perturb` has done that. An oracle of a network that was released
 * refuses.
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
  const workspace = network.workspace(Math.min(network.pass, capacity));
  const { gradient, losses, predictions, logits } = network.answers(capacity);
  const { size } = workspace.input;

  /** Sends the images through the layers a pass at a time; `each` works on the n that begin at `first`. */
  const ask = (images: A, labels: ClassIndices, count: number, each: PassWork) => {
    checkNetwork('networkOracle', network);
    for (let first = 0; first < count; first += workspace.capacity) {
      const n = Math.min(workspace.capacity, count - first);
      workspace.input.data.set(images.subarray(first * size, (first + n) * size));
      each(labels.subarray(first, first + n), first, n);
      losses.set(workspace.losses.subarray(0, n), first);
      predictions.set(workspace.predictions(n).subarray(0, n), first);
      logits.set(workspace.logits.data.subarray(0, n * network.classes), first * network.classes);
    }
  };
  const differentiate: PassWork = (labels, first, n) => {
    workspace.pixelGradient(labels, n, options);
    gradient.set(workspace.inputGradient.data.subarray(0, n * size), first * size);
  };
  let aims: ClassIndices = new Uint8Array(0);
  const aimed = { path: options.path, loss: towards(options.loss, () => aims) };
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
    predictions() {
      checkNetwork('networkOracle', network);
      return predictions;
    },
    logits,
    ...(options.loss.targeted && {
      toward(images: A, labels: ClassIndices, targets: ClassIndices, n: number) {
        ask(images, labels, n, (own, first, count) => {
          aims = targets.subarray(first, first + count);
          workspace.pixelGradient(own, count, aimed);
          gradient.set(workspace.inputGradient.data.subarray(0, count * size), first * size);
        });
        return gradient;
      },
    }),
    inputShape: network.inputShape,
    classes: network.classes,
  };
}

/** The targeted form of a loss, as a loss that knows its targets. */
const towards = ({ title, targeted }: Loss, targets: () => ClassIndices): Loss => ({
  title: targeted?.title ?? title,
  evaluate: (logits, labels, n, classes, losses, dlogits) =>
    targeted?.evaluate(logits, labels, targets(), n, classes, losses, dlogits),
});

type PassWork = (labels: ClassIndices, first: number, n: number) => void;
