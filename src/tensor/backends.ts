import { Heap } from './heap.js';
import type { Backend, Kernels } from './kernels.js';
import { referenceKernels } from './reference.js';
import { simdKernels, simdSupported } from './simd.js';

const makers: Readonly<Record<Backend, (heap: Heap) => Kernels<Float32Array> | Promise<Kernels<Float32Array>>>> = {
  simd: simdKernels,
  reference: referenceKernels,
};

/** The fastest kernels that this machine's JavaScript engine can run. */
export const defaultBackend = (): Backend => (simdSupported() ? 'simd' : 'reference');

/** The kernels of a backend, by default the fastest, over a heap that several threads may share. */
export const loadKernels = async (
  backend: Backend = defaultBackend(),
  heap: Heap = new Heap(),
): Promise<Kernels<Float32Array>> => makers[backend](heap);
