import type { Loss } from '../losses/loss.js';
import type { FloatArray } from '../tensor/tensor.js';
import type { GradientPath, Network } from './network.js';

/** What an attack asks of a network, over plain arrays and without allocating: see `Oracle` in src/attacks. */
export interface NetworkOracle<A extends FloatArray> {
  gradient(images: A, labels: Uint8Array, n: number): A;
  query(images: A, labels: Uint8Array, n: number): void;
  readonly losses: Float64Array;
  predictions(n: number): Uint8Array;
}

/**
 * A network's answers to up to `capacity` images at a time: the loss's gradient along the path, losses, predictions.
 * Oracles of one network and capacity share their memory, as does all that uses that workspace: each answer lasts
 * until the next question.
 */
export function networkOracle<A extends FloatArray>(
  network: Network<A>,
  options: { readonly path: GradientPath; readonly loss: Loss },
  capacity: number,
): NetworkOracle<A> {
  const workspace = network.workspace(capacity);
  return {
    gradient: network.gradientFunction(options, capacity),
    query(images, labels, n) {
      workspace.input.data.set(images.subarray(0, n * workspace.input.size));
      workspace.forward(n);
      workspace.evaluateLoss(options.loss, labels, n);
    },
    losses: workspace.losses,
    predictions: (n) => workspace.predictions(n),
  };
}
