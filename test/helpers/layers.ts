import type { Batch, Buffers, Layer } from '../../src/layers/layer.js';
import type { Kernels } from '../../src/tensor/kernels.js';
import { type FloatArray, sizeOf } from '../../src/tensor/tensor.js';

function batchOf<A extends FloatArray>(kernels: Kernels<A>, n: number, shape: readonly number[]): Batch<A> {
  const size = sizeOf(shape);
  const data = kernels.alloc(n * size);
  return { data, size, images: Array.from({ length: n }, (_, i) => data.subarray(i * size, (i + 1) * size) as A) };
}

/** Memory for one layer on its own, filled with NaN: what a layer forgets to write shows. */
export function buffersOf<A extends FloatArray>(kernels: Kernels<A>, layer: Layer, n: number): Buffers<A> {
  const buffers = {
    x: batchOf(kernels, n, layer.inputShape),
    y: batchOf(kernels, n, layer.outputShape),
    dx: batchOf(kernels, n, layer.inputShape),
    dy: batchOf(kernels, n, layer.outputShape),
  };
  for (const { data } of Object.values(buffers)) data.fill(Number.NaN);
  return { ...buffers, alloc: kernels.alloc, allocIndices: kernels.allocIndices };
}

/** What a layer without parameters makes of x, and the dx it answers to dy. */
export function runPlain<A extends FloatArray>(
  kernels: Kernels<A>,
  layer: Layer,
  n: number,
  x: ArrayLike<number>,
  dy: ArrayLike<number>,
): { y: number[]; dx: number[] } {
  if (layer.weighted || !('output' in layer)) throw new Error(`${layer.name} is not plain`);
  const buffers = buffersOf(kernels, layer, n);
  const stage = layer.bind(kernels, buffers);
  buffers.x.data.set(x);
  stage.forward(n);
  const y = [...buffers.y.data];
  buffers.dy.data.set(dy);
  stage.backward(n);
  return { y, dx: [...buffers.dx.data] };
}

/** The same for a layer with weights, with `carrier` in their place on the way back, and its own gradients. */
export function runWeighted<A extends FloatArray>(
  kernels: Kernels<A>,
  layer: Layer,
  n: number,
  given: Readonly<Record<'x' | 'dy' | 'weight' | 'bias' | 'carrier', ArrayLike<number>>>,
): Readonly<Record<'y' | 'dx' | 'dw' | 'db', A>> {
  if (!layer.weighted) throw new Error(`${layer.name} has no weights`);
  const buffers = buffersOf(kernels, layer, n);
  const stage = layer.bind(kernels, buffers);
  const filled = (values: ArrayLike<number>): A => {
    const array = kernels.alloc(values.length);
    array.set(values);
    return array;
  };
  const [weight, bias, carrier] = [filled(given.weight), filled(given.bias), filled(given.carrier)];
  const [dw, db] = [filled(given.weight), filled(given.bias)]; // not zero: they are to be overwritten
  buffers.x.data.set(given.x);
  buffers.dy.data.set(given.dy);
  stage.forward(n, weight, bias);
  stage.backwardWeights(n, dw, db);
  stage.backwardInput(n, carrier);
  return { y: buffers.y.data, dx: buffers.dx.data, dw, db };
}
