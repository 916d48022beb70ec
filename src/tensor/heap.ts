import * as check from '../check.js';
import { megabytes } from '../words.js';
import { addressSpace, limitText } from './address-space.js';
import { giveBack, poisons, wasGivenBack } from './released.js';

/**
 * A shared `WebAssembly.Memory`, declared here for the library's public types: TypeScript knows the name
 * `WebAssembly.Memory` only in projects with the browser's types.
 */
export interface SharedMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

/** An array that can lie in a heap. */
export type HeapArray = Float32Array | Float64Array | Int32Array;

/** A heap has too little memory left for an allocation. */
export class HeapFull extends RangeError {}

/**
 * Memory that all threads of a run share: parameters, gradients, optimizer state and each worker's activations. It is
 * one shared WebAssembly memory with any backend. WebAssembly kernels can read nothing else, and it grows without
 * moving: arrays from before stay valid.
 *
 * Any thread may allocate. Everything below a mark is allocated; an allocation moves the mark up atomically. Memory
 * that a thread frees is kept for this thread's next allocation. If it lies directly below the mark, the mark moves
 * down for all threads. An array without references is not freed by itself.
 */
export class Heap {
  readonly memory: SharedMemory;
  /** The largest size, in bytes, that the memory can grow to. */
  readonly maximumBytes: number;
  /** The heap's own 32-bit words, at the bottom of the memory; the indices are below. */
  private readonly words: Int32Array;
  /** The arrays allocated through this object and not freed, by address. */
  private readonly handedOut = new Map<number, HeapArray>();
  /** The blocks freed through this object, by ascending address; zeroed or poisoned, and never two side by side. */
  private readonly holes: Block[] = [];
  private readonly knownBuffers = new WeakSet<ArrayBufferLike>();
  private readonly knownArrays = new WeakSet<HeapArray>();

  /**
   * Creates a heap, or opens another thread's heap.
   *
   * @param from another thread's `memory` to share; or the size, in bytes, up to which a new heap may grow. Default: 4
   *   GiB, or as much of that as the machine grants. Where the address space is limited, at most a quarter of the free
   *   part is reserved. Only used pages take real memory.
   * @throws {TypeError} if `from` is neither
   * @throws {RangeError} if the maximum is not a possible number of bytes, or more than the machine grants
   * @example
   * ```ts
   * const heap = new Heap();
   * const kernels = await loadKernels('simd', heap);
   * ```
   */
  constructor(from: SharedMemory | { readonly maximumBytes?: number } = {}) {
    const joined = from instanceof WebAssembly.Memory;
    if (!joined) check.options('Heap', 'from', from, ['maximumBytes']);
    this.memory = joined ? from : newMemory((from as { readonly maximumBytes?: number }).maximumBytes);
    this.words = wordsOf(this.memory.buffer);
    this.maximumBytes = this.words[MAXIMUM] * PAGE;
    if (this.maximumBytes === 0) throw new RangeError('heap: the memory to join is no heap’s');
  }

  /** Allocates a zeroed array of `length` numbers, aligned to a cache line. */
  float32(length: number): Float32Array {
    check.wholeNumber('float32', 'length', length, { from: 0 });
    return this.handOut(Float32Array, length);
  }

  float64(length: number): Float64Array {
    check.wholeNumber('float64', 'length', length, { from: 0 });
    return this.handOut(Float64Array, length);
  }

  int32(length: number): Int32Array {
    check.wholeNumber('int32', 'length', length, { from: 0 });
    return this.handOut(Int32Array, length);
  }

  /**
   * Frees an array that this object allocated. Other arrays will reuse its memory: nobody may use the array or a part
   * of it any more.
   *
   * @throws {Error} if this object did not allocate the array, if it is only a part of it, or if it is freed already
   */
  free(array: HeapArray): void {
    const [start, bytes] = [array.byteOffset, rounded(array.byteLength)];
    if (bytes === 0) {
      giveBack(array, new Uint8Array(0));
      return;
    }
    if (this.handedOut.get(start) !== array) {
      throw new Error(
        `heap: ${array.length} numbers at address ${start} were not handed out here, or given back twice`,
      );
    }
    this.handedOut.delete(start);
    this.knownArrays.delete(array);
    giveBack(array, new Uint8Array(this.memory.buffer, start, bytes).fill(0));
    this.addHole({ start, bytes });
  }

  /** Returns true for an array in this heap's memory that isn't freed, whichever thread allocated it. */
  holds(array: HeapArray): boolean {
    return this.knownArrays.has(array) || this.recognizes(array);
  }

  /** The number of bytes that are allocated and not freed. */
  get used(): number {
    return this.mark - this.holes.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  private get mark(): number {
    return Atomics.load(this.words, MARK) >>> 0;
  }

  private handOut<T extends HeapArray>(type: ArrayType<T>, length: number): T {
    const bytes = rounded(length * type.BYTES_PER_ELEMENT);
    // Not the mark's address: another thread may have moved the mark beyond the size that this thread sees.
    if (bytes === 0) return new type(this.memory.buffer, RESERVED_BYTES, 0);
    const start = this.reuse(bytes) ?? this.extend(bytes); // first: growing replaces `buffer`
    if (poisons) this.clean(start, bytes);
    const array = new type(this.memory.buffer, start, length);
    this.handedOut.set(start, array);
    return array;
  }

  /** Overwrites poison with zeros; memory that was never allocated has no poison, and stays untouched. */
  private clean(start: number, bytes: number): void {
    const end = Math.min(start + bytes, Atomics.load(this.words, HIGHEST) >>> 0);
    if (end > start) new Uint8Array(this.memory.buffer, start, end - start).fill(0);
  }

  /** Allocates from the smallest hole that is large enough; returns undefined if there is no such hole. */
  private reuse(bytes: number): number | undefined {
    let best: Block | undefined;
    for (const block of this.holes) {
      if (block.bytes >= bytes && (best === undefined || block.bytes < best.bytes)) best = block;
    }
    if (!best) return undefined;
    const { start } = best;
    best.start += bytes;
    best.bytes -= bytes;
    if (best.bytes === 0) this.holes.splice(this.holes.indexOf(best), 1);
    return start;
  }

  /** Moves the mark up, after the memory has grown to its new place: a failure changes nothing. */
  private extend(bytes: number): number {
    for (;;) {
      const { mark } = this;
      if (!this.growTo(mark + bytes)) {
        throw new HeapFull(this.refusal(bytes));
      }
      if (Atomics.compareExchange(this.words, MARK, mark | 0, (mark + bytes) | 0) >>> 0 === mark) return mark;
    }
  }

  /** Returns the message for an allocation that failed. */
  private refusal(bytes: number): string {
    const asked = `heap: ${megabytes(bytes)} were asked for,`;
    const space = addressSpace();
    if (this.mark + bytes <= this.maximumBytes) {
      const there = `${megabytes(this.memory.buffer.byteLength)} are there, and the system refuses more.`;
      return `${asked} ${there} ${space ? limitText(space) : 'End other programs, or give fewer --workers.'}`;
    }
    const left = `${megabytes(this.maximumBytes - this.used)} of ${megabytes(this.maximumBytes)} are left, ${this.holes.length > 0 ? 'in pieces' : 'in one piece'}.`;
    return `${asked} ${left} ${space ? limitText(space) : 'Release networks that are no longer needed, or give loadKernels a larger heap.'}`;
  }

  /** Grows the memory to at least `end` bytes. @returns false if it can't */
  private growTo(end: number): boolean {
    if (end > this.maximumBytes) return false;
    for (let size = this.memory.buffer.byteLength; size < end; size = this.memory.buffer.byteLength) {
      const missing = Math.max(end - size, Math.min(GROWTH_BYTES, this.maximumBytes - size));
      try {
        this.memory.grow(Math.ceil(missing / PAGE));
      } catch {
        if (this.memory.buffer.byteLength === size) return false; // else another thread has grown it: check again
      }
    }
    return true;
  }

  /**
   * Adds a block to the holes and merges it with its neighbours. If the result ends at the mark, moves the mark down.
   */
  private addHole(block: Block): void {
    const { holes } = this;
    let i = holes.findIndex(({ start }) => start > block.start);
    if (i < 0) i = holes.length;
    holes.splice(i, 0, block);
    const merge = (at: number) => {
      const [below, above] = [holes[at], holes[at + 1]];
      if (!below || !above || below.start + below.bytes !== above.start) return;
      below.bytes += above.bytes;
      holes.splice(at + 1, 1);
    };
    merge(i);
    merge(i - 1);
    const { start, bytes } = holes[holes.length - 1];
    const end = start + bytes;
    if (poisons) this.raiseHighest(end);
    if (Atomics.compareExchange(this.words, MARK, end | 0, start | 0) >>> 0 === end) holes.pop();
  }

  /** Records, for all threads, the largest end of a freed block: only memory below it can hold poison. */
  private raiseHighest(end: number): void {
    for (;;) {
      const highest = Atomics.load(this.words, HIGHEST);
      if (highest >>> 0 >= end || Atomics.compareExchange(this.words, HIGHEST, highest, end | 0) === highest) return;
    }
  }

  /**
   * Returns whether an array lies in this memory through another buffer object. When a shared memory grows or is sent
   * to another thread, JavaScript makes a new buffer object over the same memory. So this adds 1 to a counter through
   * our buffer: if theirs shows it, they are the same memory.
   */
  private recognizes(array: HeapArray): boolean {
    const { buffer } = array;
    if (wasGivenBack(array)) return false;
    if (!this.knownBuffers.has(buffer)) {
      if (!(buffer instanceof this.words.buffer.constructor) || buffer.byteLength < RESERVED_BYTES) return false;
      const theirs = wordsOf(buffer);
      const before = Atomics.load(theirs, COUNTER);
      Atomics.add(this.words, COUNTER, 1);
      if (Atomics.load(theirs, COUNTER) === before) return false;
      this.knownBuffers.add(buffer);
    }
    this.knownArrays.add(array);
    return true;
  }
}

interface ArrayType<T extends HeapArray> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBuffer, start: number, length: number): T;
}

/** A range of the memory, in bytes. */
interface Block {
  start: number;
  bytes: number;
}

/** Checks that an argument is a heap. @throws {TypeError} if it isn't */
export function checkHeap(where: string, value: unknown): void {
  if (!(value instanceof Heap)) throw new TypeError(check.refusal(where, 'heap', value, 'a Heap'));
}

const PAGE = 65536;
const LINE = 64;
/** Bytes below the first array that WebAssembly code uses for its constants and stack. */
export const RESERVED_BYTES = PAGE;
/** Address of the heap's own words. Address 0 stays unused: WebAssembly code may take it for null. */
const WORDS = LINE;
/**
 * The index of each word: the mark, the maximum number of pages, and the counter of {@link Heap.holds}. The last one is
 * used while memory is poisoned: the end of all memory that was ever freed.
 */
const MARK = 0;
const MAXIMUM = 1;
const COUNTER = 2;
const HIGHEST = 3;

const INITIAL_PAGES = 64;
const GROWTH_BYTES = 64 * PAGE;
/** 4 GiB minus one page, so that the address of the memory's end fits into 32 bits. */
const MOST_PAGES = 65535;
export const MOST_BYTES = MOST_PAGES * PAGE;

/** Rounds a number of bytes up to whole cache lines. */
const rounded = (bytes: number): number => Math.ceil(bytes / LINE) * LINE;

const wordsOf = (buffer: ArrayBufferLike): Int32Array => new Int32Array(buffer, WORDS, 4);

function newMemory(maximumBytes?: number): WebAssembly.Memory {
  const pages = maximumBytes === undefined ? undefined : pagesIn(maximumBytes);
  try {
    const memory = pages === undefined ? largestMemory() : memoryUpTo(pages);
    wordsOf(memory.buffer)[MARK] = RESERVED_BYTES;
    return memory;
  } catch (error) {
    const space = addressSpace();
    if (!(error instanceof RangeError)) throw error;
    const advice = space ? limitText(space) : 'Give a smaller maximum, or end other programs.';
    throw new RangeError(`heap: the system refuses its memory (${error.message}). ${advice}`, { cause: error });
  }
}

function memoryUpTo(maximum: number): WebAssembly.Memory {
  const memory = new WebAssembly.Memory({ initial: Math.min(INITIAL_PAGES, maximum), maximum, shared: true });
  wordsOf(memory.buffer)[MAXIMUM] = maximum;
  return memory;
}

/**
 * Creates a memory with the largest maximum that the machine grants: phones grant less than desktops. In a limited address
 * space it takes a quarter of the free part. V8 also creates memories whose maximum it can't reserve, but can't grow them.
 */
function largestMemory(): WebAssembly.Memory {
  const space = addressSpace();
  const most = space ? Math.min(MOST_PAGES, Math.max(INITIAL_PAGES, Math.floor(space.left / 4 / PAGE))) : MOST_PAGES;
  for (let pages = most; ; pages = Math.floor(pages / 2)) {
    try {
      return memoryUpTo(pages);
    } catch (error) {
      if (!(error instanceof RangeError) || pages <= INITIAL_PAGES) throw error;
    }
  }
}

function pagesIn(maximumBytes: number): number {
  const pages = Math.floor(maximumBytes / PAGE);
  if (pages >= 2 && pages <= MOST_PAGES) return pages;
  throw new RangeError(
    `heap: maximumBytes is ${maximumBytes}; a number from ${2 * PAGE} to ${MOST_PAGES * PAGE} is expected`,
  );
}
