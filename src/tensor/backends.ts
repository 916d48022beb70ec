import * as check from '../check.js';
import { checkHeap, Heap } from './heap.js';
import { type Backend, backends, type Kernels } from './kernels.js';
import { referenceKernels } from './reference.js';
import { simdKernels, simdSupported } from './simd.js';

/** The settings of {@link loadKernels}; each has a default. */
export interface KernelChoice {
  /** The kernels' implementation. Default: the fastest that this JavaScript engine can run. */
  readonly backend?: Backend;
  /** The memory for all arrays; several threads may share one heap. Default: a new heap. */
  readonly heap?: Heap;
  /**
   * For the SIMD kernels: their compiled `WebAssembly.Module`, or the URL to fetch it from. Default: kernels.wasm in
   * the folder of this package's own files. A bundle for browsers must give the URL where it put this file.
   */
  readonly module?: object | URL | string;
}

/** Returns the fastest backend that this JavaScript engine can run. */
export const defaultBackend = (): Backend => (simdSupported() ? 'simd' : 'reference');

const makers: Readonly<
  Record<Backend, (choice: KernelChoice) => Kernels<Float32Array> | Promise<Kernels<Float32Array>>>
> = {
  simd: ({ heap = new Heap(), module }) => simdKernels(heap, module),
  reference: ({ heap }) => referenceKernels(heap),
};

/**
 * Loads the kernels of a backend. A network on these is much faster than one without kernels.
 *
 * @param choice the backend's name, or the settings
 * @param heap the memory for all arrays; the same as `choice.heap`
 * @throws {RangeError} if there is no such backend or setting
 * @throws {TypeError} if `choice` or the heap is of another type
 * @example
 * ```ts
 * const kernels = await loadKernels();
 * const network = createNetwork(spec, { rule: 'fa', kernels });
 * const inBrowser = await loadKernels({ module: '/kernels.wasm' });
 * ```
 */
export async function loadKernels(choice: Backend | KernelChoice = {}, heap?: Heap): Promise<Kernels<Float32Array>> {
  const asked = typeof choice === 'string' ? { backend: choice } : choice;
  check.options('loadKernels', 'choice', asked, ['backend', 'heap', 'module']);
  const { backend = defaultBackend(), ...rest } = asked;
  check.oneOf('loadKernels', 'backend', backend, backends);
  for (const given of [rest.heap, heap]) if (given !== undefined) checkHeap('loadKernels', given);
  return makers[backend](heap ? { ...rest, heap } : rest);
}
