import ndarray from 'ndarray';
import * as check from '../check.js';
import { ShapeError } from '../errors.js';

/** The arrays of numbers in the two precisions: float32, and float64 for gradient checks. */
export type FloatArray = Float32Array | Float64Array;

/** An n-dimensional array over a typed array. All tensors that this package returns are row-major and contiguous. */
export type Tensor<A extends FloatArray = FloatArray> = ndarray.NdArray<A>;

/** Returns the number of elements of an array of this shape. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, extent) => product * extent, 1);

/**
 * Returns a row-major tensor over `data`; it shares the memory of `data`.
 *
 * @param shape the extents, such as `[N, C, H, W]`
 * @throws {TypeError} if `data` is not a Float32Array or Float64Array, or `shape` is not an array
 * @throws {ShapeError} if the length of `data` is not the product of the extents
 * @example
 * ```ts
 * const image = tensor(new Float32Array(784), [1, 28, 28]);
 * image.get(0, 3, 4); // the pixel in row 3, column 4
 * ```
 */
export function tensor<A extends FloatArray>(data: A, shape: readonly number[]): Tensor<A> {
  check.floats('tensor', 'data', data);
  check.shape('tensor', 'shape', shape, undefined, 0);
  if (data.length !== sizeOf(shape)) {
    throw new ShapeError(`tensor: ${data.length} numbers do not fill the shape ${shapeText(shape)}`);
  }
  return ndarray(data, [...shape]) as Tensor<A>;
}

/**
 * Checks that an argument is a tensor with complete data.
 *
 * @throws {TypeError} if it is not a tensor
 * @throws {ShapeError} if its data hold fewer numbers than its shape and strides address
 */
export function checkTensor(where: string, argument: string, value: unknown): void {
  const fields = { data: 'object', shape: 'object', stride: 'object', get: 'function' } as const;
  check.object(where, argument, value, 'a tensor (tensor(data, shape) makes one)', fields);
  const { data, shape, stride, offset } = value as Tensor;
  check.floats(where, `${argument}.data`, data);
  check.shape(where, `${argument}.shape`, shape, undefined, 0);
  let [first, last] = [offset, offset];
  shape.forEach((extent, axis) => {
    const reach = (extent - 1) * stride[axis];
    if (reach < 0) first += reach;
    else last += reach;
  });
  if (sizeOf(shape) === 0 || (first >= 0 && last < data.length)) return;
  throw new ShapeError(`${where}: ${argument}.data holds ${data.length} numbers, too few for ${shapeText(shape)}`);
}

/**
 * Returns the numbers of `x` in row-major order: the tensor's own memory if it is contiguous, otherwise a copy. (A
 * transposed or sliced ndarray is a view with strides, which kernels can't read.)
 */
export function contiguous<A extends FloatArray>(x: Tensor<A>): A {
  const size = sizeOf(x.shape);
  if (isRowMajor(x)) return x.data.subarray(x.offset, x.offset + size) as A;
  const out = new (x.data.constructor as new (length: number) => A)(size);
  const index = x.shape.map(() => 0);
  for (let i = 0; i < size; i++) {
    out[i] = x.get(...index);
    for (let axis = index.length - 1; axis >= 0 && ++index[axis] === x.shape[axis]; axis--) index[axis] = 0;
  }
  return out;
}

/** Returns a shape as messages write it: `[3, 5]`. */
export const shapeText = (shape: readonly number[]): string => `[${shape.join(', ')}]`;

function isRowMajor(x: Tensor): boolean {
  let stride = 1;
  for (let axis = x.shape.length - 1; axis >= 0; axis--) {
    if (x.shape[axis] !== 1 && x.stride[axis] !== stride) return false;
    stride *= x.shape[axis];
  }
  return true;
}
