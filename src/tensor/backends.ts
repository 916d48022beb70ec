import * as check from '../check.js';
import { checkHeap, Heap } from './heap.js';
import { type Backend, backends, type Kernels } from './kernels.js';
import { referenceKernels } from './reference.js';
import { simdKernels, simdSupported } from './simd.js';

const makers: Readonly<Record<Backend, (heap: Heap) => Kernels<Float32Array> | Promise<Kernels<Float32Array>>>> = {
  simd: simdKernels,
  reference: referenceKernels,
};

/** The fastest kernels that this machine's JavaScript engine can run. */
export const defaultBackend = (): Backend => (simdSupported() ? 'simd' : 'reference');

/**
 * The kernels of a backend, by default the fastest, over a heap that several threads may share.
 *
 * @throws {RangeError | TypeError} if there is no such backend, or the heap is none
 */
export async function loadKernels(
  backend: Backend = defaultBackend(),
  heap: Heap = new Heap(),
): Promise<Kernels<Float32Array>> {
  check.oneOf('loadKernels', 'backend', backend, backends);
  checkHeap('loadKernels', heap);
  return makers[backend](heap);
}
