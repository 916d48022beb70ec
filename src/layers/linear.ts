/* Axes: n batch, I inputs, O outputs. */
import * as check from '../check.js';
import { ShapeError } from '../errors.js';
import type { Kernels } from '../tensor/kernels.js';
import type { FloatArray } from '../tensor/tensor.js';
import { shapeText } from '../tensor/tensor.js';
import type { WeightedLayer } from './layer.js';

/**
 * Computes y = x·Wᵀ + b.
 *
 * @param x `[n, I]`
 * @param weight `[O, I]`
 * @param bias `[O]`
 * @param y written: `[n, O]`
 */
export function linearForward<A extends FloatArray>(
  kernels: Kernels<A>,
  x: A,
  weight: A,
  bias: A,
  y: A,
  n: number,
  inputs: number,
): void {
  kernels.matmulTB(x, weight, y, n, bias.length, inputs);
  kernels.addToColumns(y, bias, n, bias.length);
}

/**
 * Computes dx = dy·W, with `carrier` in the place of W.
 *
 * @param dy `[n, O]`
 * @param carrier the forward weights W or the rule's feedback weights B, `[O, I]`
 * @param dx written: `[n, I]`
 */
export function linearBackwardInput<A extends FloatArray>(
  kernels: Kernels<A>,
  dy: A,
  carrier: A,
  dx: A,
  n: number,
  inputs: number,
): void {
  kernels.matmul(dy, carrier, dx, n, inputs, carrier.length / inputs);
}

/**
 * Computes dw = dyᵀ·x and db = Σ_images dy.
 *
 * @param dw written: `[O, I]`
 * @param db written: `[O]`
 */
export function linearBackwardWeights<A extends FloatArray>(
  kernels: Kernels<A>,
  x: A,
  dy: A,
  dw: A,
  db: A,
  n: number,
  inputs: number,
): void {
  kernels.matmulTA(dy, x, dw, db.length, inputs, n);
  kernels.sumColumns(dy, db, n, db.length);
}

/**
 * Makes a fully connected layer: y = x·Wᵀ + b.
 *
 * @param name the layer's name, such as `fc1`
 * @param inputShape `[I]`
 * @param options.outputs O, the number of outputs
 * @throws {ShapeError} if the input has more than one axis
 * @throws {RangeError | TypeError} if the name is empty, `outputs` is missing, or another argument is not accepted
 * @example
 * ```ts
 * linear('fc1', [400], { outputs: 120 }).weightShape; // [120, 400]
 * ```
 */
export function linear(
  name: string,
  inputShape: readonly number[],
  options: { readonly outputs: number },
): WeightedLayer {
  check.text('linear', 'name', name);
  check.shape('linear', 'inputShape', inputShape);
  check.object('linear', 'options', options, 'an object with outputs');
  check.wholeNumber('linear', 'options.outputs', options.outputs);
  if (inputShape.length !== 1) {
    throw new ShapeError(
      `linear: the input has shape ${shapeText(inputShape)}, one axis is expected (flatten it first)`,
    );
  }
  const [inputs] = inputShape;
  return {
    name,
    weighted: true,
    inputShape,
    outputShape: [options.outputs],
    weightShape: [options.outputs, inputs],
    biasShape: [options.outputs],
    fanIn: inputs,
    writeTo: (graph, x) => graph.operator('Gemm', [x, ...graph.parameters()], { transB: 1 }),
    bind: (kernels, { x, y, dx, dy }) => ({
      forward: (n, weight, bias) => linearForward(kernels, x.data, weight, bias, y.data, n, inputs),
      backwardInput: (n, carrier) => linearBackwardInput(kernels, dy.data, carrier, dx.data, n, inputs),
      backwardWeights: (n, dw, db) => linearBackwardWeights(kernels, x.data, dy.data, dw, db, n, inputs),
    }),
  };
}
