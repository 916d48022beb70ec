import * as check from '../check.js';
import { checkHeap, Heap } from './heap.js';
import { type Backend, backends, type Kernels } from './kernels.js';
import { referenceKernels } from './reference.js';
import { simdKernels, simdSupported } from './simd.js';

/** What kernels are made of, where the defaults don't do. */
export interface KernelChoice {
  /** By default the fastest that this machine's JavaScript engine can run. */
  readonly backend?: Backend;
  /** Where all arrays are to live; several threads may share one. By default a new one. */
  readonly heap?: Heap;
  /**
   * For the SIMD kernels: their `WebAssembly.Module`, compiled already, or where it is to be fetched. By default it is
   * kernels.wasm in the folder of this package's own files; a bundle for browsers has to say where it went.
   */
  readonly module?: object | URL | string;
}

/** The fastest kernels that this machine's JavaScript engine can run. */
export const defaultBackend = (): Backend => (simdSupported() ? 'simd' : 'reference');

const makers: Readonly<
  Record<Backend, (choice: KernelChoice) => Kernels<Float32Array> | Promise<Kernels<Float32Array>>>
> = {
  simd: ({ heap = new Heap(), module }) => simdKernels(heap, module),
  reference: ({ heap }) => referenceKernels(heap),
};

/**
 * The kernels of a backend: `loadKernels()`, `loadKernels('reference')`, or `loadKernels({ module: '/kernels.wasm' })`.
 *
 * @param heap the same as the choice's
 * @throws {RangeError | TypeError} if there is no such backend, or the heap is none
 */
export async function loadKernels(choice: Backend | KernelChoice = {}, heap?: Heap): Promise<Kernels<Float32Array>> {
  const asked = typeof choice === 'string' ? { backend: choice } : choice;
  check.options('loadKernels', 'choice', asked, ['backend', 'heap', 'module']);
  const { backend = defaultBackend(), ...rest } = asked;
  check.oneOf('loadKernels', 'backend', backend, backends);
  for (const given of [rest.heap, heap]) if (given !== undefined) checkHeap('loadKernels', given);
  return makers[backend](heap ? { ...rest, heap } : rest);
}
