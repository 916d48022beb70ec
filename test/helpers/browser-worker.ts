/* A module worker of a web page: trains a small network on the SIMD kernels and posts what came of it. */
import { Heap, loadKernels } from '../../src/core.js';
import { type SmallResult, trainSmall } from './small-training.js';

/** What the page is told. */
export interface BrowserAnswer extends SmallResult {
  readonly crossOriginIsolated: boolean;
  readonly globalSharedArrayBuffer: boolean;
  /** The error of posting an array of the heap to another thread. */
  readonly posting: string | undefined;
}

declare function postMessage(message: BrowserAnswer): void;

const heap = new Heap({ maximumBytes: 64e6 });
const kernels = await loadKernels({ heap, module: new URL('/kernels.wasm', location.href) });
postMessage({
  crossOriginIsolated,
  globalSharedArrayBuffer: typeof SharedArrayBuffer === 'function',
  posting: whatPostingThrows(),
  ...trainSmall(kernels),
});

function whatPostingThrows(): string | undefined {
  try {
    new MessageChannel().port1.postMessage(heap.float32(4));
    return undefined;
  } catch (error) {
    return `${error}`;
  }
}
