import * as check from '../check.js';
import type { Kernels } from '../tensor/kernels.js';
import type { FloatArray } from '../tensor/tensor.js';
import type { Graph } from './graph.js';
import type { PlainLayer } from './layer.js';

/** An element-wise function and its derivative, written in terms of the output y alone, so that y may replace x. */
export interface Activation {
  /** What ONNX calls it; one that it has no operator for can't be exported. */
  readonly operator?: string;
  /** y = φ(x) on `length` numbers. */
  forward<A extends FloatArray>(kernels: Kernels<A>, x: A, y: A, length: number): void;
  /** dx = φ′ ⊙ dy. */
  backward<A extends FloatArray>(kernels: Kernels<A>, y: A, dy: A, dx: A, length: number): void;
}

/**
 * The layer that applies an activation to inputs of any shape.
 *
 * @throws {RangeError | ShapeError | TypeError} if there is no name, or another argument is none
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
