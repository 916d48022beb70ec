import ndarray from 'ndarray';
import { ShapeError } from '../errors.js';

/** The two precisions: float32 for work, float64 for gradient checks. */
export type FloatArray = Float32Array | Float64Array;

/** An n-dimensional array over a typed array. Everything this package returns is row-major and contiguous. */
export type Tensor<A extends FloatArray = FloatArray> = ndarray.NdArray<A>;

/** The number of elements of an array of this shape. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, extent) => product * extent, 1);

/**
 * A tensor over `data`, row-major, sharing its memory.
 *
 * @throws {ShapeError} if `data` doesn't hold exactly as many numbers as `shape` asks for.
 */
export function tensor<A extends FloatArray>(data: A, shape: readonly number[]): Tensor<A> {
  if (data.length !== sizeOf(shape)) {
    throw new ShapeError(`tensor: ${data.length} numbers do not fill the shape ${shapeText(shape)}`);
  }
  return ndarray(data, [...shape]) as Tensor<A>;
}

/**
 * The numbers of `x` in row-major order: the tensor's own memory where it is contiguous already, else a copy
 * (a transposed or sliced ndarray is a view with strides, which kernels do not read).
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

/** `[3, 5]` as `[3, 5]`: how shapes are written in messages. */
export const shapeText = (shape: readonly number[]): string => `[${shape.join(', ')}]`;

function isRowMajor(x: Tensor): boolean {
  let stride = 1;
  for (let axis = x.shape.length - 1; axis >= 0; axis--) {
    if (x.shape[axis] !== 1 && x.stride[axis] !== stride) return false;
    stride *= x.shape[axis];
  }
  return true;
}
