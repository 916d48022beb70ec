import { ShapeError } from '../errors.js';
import type { Heap } from './heap.js';
import type { Kernels } from './kernels.js';
import { checkHeld } from './released.js';
import { type ConvolutionExports, convolutionsOver } from './simd-convolutions.js';

/**
 * Loads the kernels in WebAssembly, which work on four float32 numbers at a time; their sources are in assembly/. They
 * differ from the plain kernels (reference.ts) in rounding alone: each operation is rounded to float32, and not only
 * the stored result.
 *
 * Three more things may differ: the payload of a NaN; the sign of a zero in a backward pass; and a convolution's
 * gradients when numbers are infinite or NaN. Errors of zero are left out, whatever their factor is. An infinite error
 * may make up to three numbers beside its window NaN, in its own image.
 *
 * The instructions are those of fixed-width SIMD. WebAssembly defines their results to the last bit: they are the same
 * on every machine.
 *
 * @param heap the memory for all arrays. An array outside of it, or a too short one, is refused with an error:
 *   WebAssembly would read other data at the same address, or write into the next array.
 * @param module the result of {@link simdModule}, in this thread or another, to share its machine code; or the URL of
 *   kernels.wasm, if it is not beside this file
 */
export async function simdKernels(
  heap: Heap,
  module: object | URL | string = besideThisFile(),
): Promise<Kernels<Float32Array>> {
  const machineCode = module instanceof WebAssembly.Module ? module : await simdModule(module as URL | string);
  const memory = heap.memory as WebAssembly.Memory;
  const instance = await WebAssembly.instantiate(machineCode, { env: { memory } });
  return kernelsOver(heap, instance.exports as unknown as Exports);
}

/**
 * Returns whether this JavaScript engine has 128-bit SIMD and shared WebAssembly memories. Browsers share these also on
 * pages without cross-origin isolation, where the global SharedArrayBuffer is hidden.
 */
export function simdSupported(): boolean {
  return WebAssembly.validate(SMALLEST_SIMD_MODULE) && sharedMemoryGranted();
}

function sharedMemoryGranted(): boolean {
  try {
    return !(new WebAssembly.Memory({ initial: 0, maximum: 1, shared: true }).buffer instanceof ArrayBuffer);
  } catch {
    return false;
  }
}

/** Compiles the kernels, once per thread; a module can be posted to other threads. */
export function simdModule(url: URL | string = besideThisFile()): Promise<WebAssembly.Module> {
  let module = compiled.get(`${url}`);
  if (!module) {
    module = bytesAt(url).then((bytes) => WebAssembly.compile(bytes));
    compiled.set(`${url}`, module);
    module.catch(() => compiled.delete(`${url}`)); // so that the next call fetches it again
  }
  return module;
}

const compiled = new Map<string, Promise<WebAssembly.Module>>();

const besideThisFile = (): URL => new URL('./kernels.wasm', import.meta.url);

async function bytesAt(url: URL | string): Promise<BufferSource> {
  // Node's fetch reads no files. Node's own module is loaded by name at run time: bundlers for browsers follow every
  // import.
  const files = `${url}`.startsWith('file:') && globalThis.process?.getBuiltinModule?.('node:fs/promises');
  if (files) return files.readFile(new URL(url));
  const response = await fetch(url);
  if (!response.ok) throw new Error(`simd kernels: ${url} answers ${response.status} ${response.statusText}`);
  return response.arrayBuffer();
}

/** A WebAssembly module whose only function is `v128.const 0; drop`. */
const SMALLEST_SIMD_MODULE = Uint8Array.from([
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00], // magic number, version
  ...[0x01, 0x04, 0x01, 0x60, 0x00, 0x00], // one type: () → ()
  ...[0x03, 0x02, 0x01, 0x00], // one function of it
  ...[0x0a, 0x17, 0x01, 0x15, 0x00], // its body, without locals
  ...[0xfd, 0x0c, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x1a, 0x0b],
]);

/** The largest number of parts that one call adds; more parts take several calls. */
const PARTS_AT_ONCE = 64;

function kernelsOver(heap: Heap, wasm: Exports): Kernels<Float32Array> {
  const addresses = heap.int32(PARTS_AT_ONCE);
  let scratch = heap.float32(0);

  /** Returns the address of an array. @throws if it is outside of the heap, or holds fewer than `needed` numbers */
  function at(array: Float32Array | Int32Array, needed: number): number {
    if (array.length < needed) {
      throw new ShapeError(
        `simd kernels: an array is too short: it holds ${array.length} numbers, ${needed} are needed`,
      );
    }
    if (!heap.holds(array)) {
      checkHeld('simd kernels', 'an array', array);
      throw new TypeError(
        'simd kernels: an array does not lie in the heap that these kernels work on. Allocate it with the alloc of these kernels, or with that heap.',
      );
    }
    return array.byteOffset;
  }

  /** Returns the address of scratch memory for at least `needed` numbers. */
  function scratchOf(needed: number): number {
    if (scratch.length < needed) {
      heap.free(scratch);
      scratch = heap.float32(0); // the scratch memory if the next line throws
      scratch = heap.float32(needed);
    }
    return scratch.byteOffset;
  }

  return {
    backend: 'simd',
    alloc: (length) => heap.float32(length),
    allocIndices: (length) => heap.int32(length),
    free: (array) => heap.free(array),

    matmul(a, b, c, m, n, k, accumulate = false) {
      wasm.matmul(at(a, m * k), at(b, k * n), at(c, m * n), m, n, k, accumulate);
    },
    matmulTA(a, b, c, m, n, k, accumulate = false) {
      wasm.matmulTA(at(a, k * m), at(b, k * n), at(c, m * n), m, n, k, accumulate);
    },
    matmulTB(a, b, c, m, n, k, accumulate = false) {
      wasm.matmulTB(at(a, m * k), at(b, n * k), at(c, m * n), m, n, k, accumulate);
    },

    ...convolutionsOver(wasm, at, scratchOf),

    addToColumns(y, bias, rows, columns) {
      wasm.addToColumns(at(y, rows * columns), at(bias, columns), rows, columns);
    },
    sumColumns(y, out, rows, columns) {
      wasm.sumColumns(at(y, rows * columns), at(out, columns), rows, columns);
    },

    relu(x, y, length) {
      wasm.relu(at(x, length), at(y, length), length);
    },
    reluBackward(y, dy, dx, length) {
      wasm.reluBackward(at(y, length), at(dy, length), at(dx, length), length);
    },
    normalize(x, y, mean, std, planes, size) {
      const channels = mean.length;
      const length = planes * size;
      wasm.normalize(at(x, length), at(y, length), at(mean, 1), at(std, channels), channels, planes, size);
    },
    normalizeBackward(dy, dx, std, planes, size) {
      const length = planes * size;
      wasm.normalizeBackward(at(dy, length), at(dx, length), at(std, 1), std.length, planes, size);
    },

    channelMoments(x, mean, variance, planes, size) {
      const channels = mean.length;
      wasm.channelMoments(at(x, planes * size), at(mean, 1), at(variance, channels), channels, planes, size);
    },
    channelAffine(x, y, mean, factor, shift, planes, size) {
      const channels = mean.length;
      const from = at(x, planes * size);
      const to = at(y, planes * size);
      wasm.channelAffine(from, to, at(mean, 1), at(factor, channels), at(shift, channels), channels, planes, size);
    },
    channelProducts(x, mean, dy, sums, products, planes, size) {
      const channels = mean.length;
      const from = at(x, planes * size);
      const errors = at(dy, planes * size);
      const to = at(sums, channels);
      wasm.channelProducts(from, at(mean, 1), errors, to, at(products, channels), channels, planes, size);
    },
    channelAffineBackward(x, mean, dy, dx, offset, slope, factor, planes, size) {
      const channels = mean.length;
      const from = at(x, planes * size);
      const errors = at(dy, planes * size);
      const to = at(dx, planes * size);
      const subtracted = at(offset, channels);
      const slopes = at(slope, channels);
      const factors = at(factor, channels);
      wasm.channelAffineBackward(from, at(mean, 1), errors, to, subtracted, slopes, factors, channels, planes, size);
    },

    maxPool(x, y, winner, planes, { height, width, kernel, stride, outHeight, outWidth }) {
      const from = at(x, planes * height * width);
      const to = at(y, planes * outHeight * outWidth);
      const index = at(winner, planes * outHeight * outWidth);
      wasm.maxPool(from, to, index, planes, height, width, kernel, stride, outHeight, outWidth);
    },
    maxPoolBackward(dy, winner, dx, planes, { height, width, kernel, stride, outHeight, outWidth }) {
      const from = at(dy, planes * outHeight * outWidth);
      const index = at(winner, planes * outHeight * outWidth);
      const to = at(dx, planes * height * width);
      wasm.maxPoolBackward(from, index, to, planes, height, width, kernel, stride, outHeight, outWidth);
    },

    sgd(w, g, v, length, rate, momentum, decay, scale) {
      wasm.sgd(at(w, length), at(g, length), at(v, length), length, rate, momentum, decay, scale);
    },
    adam(w, g, m, v, length, { rate, beta1, beta2, epsilon, decay, scale }) {
      const weights = at(w, length);
      const gradient = at(g, length);
      const moment = at(m, length);
      const square = at(v, length);
      wasm.adam(
        weights,
        gradient,
        moment,
        square,
        length,
        rate,
        beta1,
        1 - beta1,
        beta2,
        1 - beta2,
        epsilon,
        decay,
        scale,
      );
    },
    sumParts(parts, count, total, length) {
      const to = at(total, length);
      let used = 0;
      for (let p = 0; p < count; p++) {
        addresses[used++] = at(parts[p], length);
        if (used < PARTS_AT_ONCE && p < count - 1) continue;
        wasm.sumParts(addresses.byteOffset, used, to, length);
        addresses[0] = to;
        used = 1;
      }
    },
    copySigns(magnitude, value, out, length) {
      wasm.copySigns(at(magnitude, length), at(value, length), at(out, length), length);
    },
    rescale(x, length, factor) {
      wasm.rescale(at(x, length), length, factor);
    },
    uniform(out, length, first, { keys, step }) {
      wasm.uniform(at(out, length), length, first, step, keys[0], keys[1]);
    },
    signStep(x, direction, clean, length, alpha, epsilon, low, high) {
      wasm.signStep(at(x, length), at(direction, length), at(clean, length), length, alpha, epsilon, low, high);
    },
  };
}

/** The exports of assembly/index.ts: one function per kernel. Its parameters are addresses in bytes, then sizes. */
type Exports = Record<
  Exclude<keyof Kernels, 'backend' | 'alloc' | 'allocIndices' | 'free' | 'convolution' | 'winograd'>,
  (...parameters: (number | boolean)[]) => void
> &
  ConvolutionExports;
