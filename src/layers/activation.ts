import * as check from '../check.js';
import type { Kernels } from '../tensor/kernels.js';
import type { FloatArray } from '../tensor/tensor.js';
import type { Graph } from './graph.js';
import type { PlainLayer } from './layer.js';

/**
 * An element-wise function φ and its derivative. The derivative is a function of the output y alone, so y may overwrite
 * x.
 */
export interface Activation {
  /** The name of ONNX's operator. An activation without one can't be exported. */
  readonly operator?: string;
  /** y = φ(x) on `length` numbers. */
  forward<A extends FloatArray>(kernels: Kernels<A>, x: A, y: A, length: number): void;
  /** dx = φ′ ⊙ dy, with φ′ computed from y. */
  backward<A extends FloatArray>(kernels: Kernels<A>, y: A, dy: A, dx: A, length: number): void;
}

/**
 * Makes a layer that applies an activation to each number: y = φ(x), dx = φ′ ⊙ dy.
 *
 * @param name the layer's name, such as `relu1`
 * @param shape the shape of input and output, without the batch axis
 * @param phi the activation
 * @throws {RangeError} if the name is empty
 * @throws {ShapeError} if an extent is not a whole number of at least 1
 * @throws {TypeError} if the shape or the activation is of another type
 * @example
 * ```ts
 * const softplus: Activation = { forward: …, backward: … };
 * const layer = activation('softplus1', [6, 28, 28], softplus);
 * ```
 */
export function activation(name: string, shape: readonly number[], phi: Activation): PlainLayer {
  check.text('activation', 'name', name);
  check.shape('activation', 'shape', shape);
  check.object('activation', 'phi', phi, 'an activation such as relu', { forward: 'function', backward: 'function' });
  const { operator } = phi;
  return {
    name,
    weighted: false,
    output: 'over-input',
    inputShape: shape,
    outputShape: shape,
    ...(operator !== undefined && { writeTo: (graph: Graph, x: string) => graph.operator(operator, [x]) }),
    bind: (kernels, { x, y, dx, dy }) => ({
      forward: (n) => phi.forward(kernels, x.data, y.data, n * x.size),
      backward: (n) => phi.backward(kernels, y.data, dy.data, dx.data, n * x.size),
    }),
  };
}
