import * as check from '../check.js';

/**
 * Memory that every thread of a run sees: parameters, gradients, optimizer state and each worker's activations.
 * It is one shared WebAssembly memory, whichever kernels are in use, because WebAssembly kernels can read nothing
 * else, and because it grows without moving: arrays handed out earlier stay valid.
 *
 * Allocation only moves a mark upwards (atomically: any thread may allocate); all of it is freed together, when the
 * last thread forgets the memory.
 */
export class Heap {
  readonly memory: WebAssembly.Memory;

  /**
   * @param memory another thread's heap to join; without it, a new one is made
   * @throws {TypeError} if the memory is none
   */
  constructor(memory?: WebAssembly.Memory) {
    if (memory !== undefined && !(memory instanceof WebAssembly.Memory)) {
      throw new TypeError(check.refusal('Heap', 'memory', memory, 'a WebAssembly.Memory'));
    }
    this.memory = memory ?? newMemory();
  }

  /** A zeroed array of `length` numbers, aligned to a cache line. */
  float32(length: number): Float32Array {
    check.wholeNumber('float32', 'length', length, { from: 0 });
    const start = this.reserve(length * 4); // first: growing replaces `buffer`
    return new Float32Array(this.memory.buffer, start, length);
  }

  float64(length: number): Float64Array {
    check.wholeNumber('float64', 'length', length, { from: 0 });
    const start = this.reserve(length * 8); // first: growing replaces `buffer`
    return new Float64Array(this.memory.buffer, start, length);
  }

  int32(length: number): Int32Array {
    check.wholeNumber('int32', 'length', length, { from: 0 });
    const start = this.reserve(length * 4); // first: growing replaces `buffer`
    return new Int32Array(this.memory.buffer, start, length);
  }

  /** Bytes handed out so far. */
  get used(): number {
    return Atomics.load(new Int32Array(this.memory.buffer, MARK, 1), 0) >>> 0;
  }

  private reserve(bytes: number): number {
    const rounded = Math.ceil(bytes / LINE) * LINE;
    const start = Atomics.add(new Int32Array(this.memory.buffer, MARK, 1), 0, rounded) >>> 0;
    while (this.memory.buffer.byteLength < start + rounded) {
      const missing = start + rounded - this.memory.buffer.byteLength;
      this.memory.grow(Math.max(Math.ceil(missing / PAGE), GROWTH_PAGES));
    }
    return start;
  }
}

/** @throws {TypeError} if an argument is no heap */
export function checkHeap(where: string, value: unknown): void {
  if (!(value instanceof Heap)) throw new TypeError(check.refusal(where, 'heap', value, 'a Heap'));
}

const PAGE = 65536;
const LINE = 64;
/** Address of the mark itself. Address 0 stays unused: WebAssembly code may hold it for null. */
const MARK = LINE;
/** What WebAssembly code keeps for itself (its constants and stack) below the first array. */
export const RESERVED_BYTES = PAGE;
const INITIAL_PAGES = 64;
const GROWTH_PAGES = 64;
/** 2 GiB: addresses stay positive as 32-bit integers. Only what is used is ever backed by real memory. */
const MAXIMUM_PAGES = 32767;

function newMemory(): WebAssembly.Memory {
  const memory = new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum: MAXIMUM_PAGES, shared: true });
  new Int32Array(memory.buffer, MARK, 1)[0] = RESERVED_BYTES;
  return memory;
}
