import * as check from '../check.js';
import { megabytes } from '../words.js';
import { giveBack, poisons, wasGivenBack } from './released.js';

/**
 * A shared `WebAssembly.Memory`, as far as the library's types say: TypeScript knows its own name in projects for
 * browsers alone.
 */
export interface SharedMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

/** Any array that can lie in a heap. */
export type HeapArray = Float32Array | Float64Array | Int32Array;

/**
 * Memory that every thread of a run sees: parameters, gradients, optimizer state and each worker's activations.
 * It is one shared WebAssembly memory, whichever kernels are in use, because WebAssembly kernels can read nothing
 * else, and because it grows without moving: arrays handed out earlier stay valid.
 *
 * Any thread may allocate: a mark below which everything is handed out is moved upwards, atomically. What the thread
 * that asked for it gives back is kept for that thread's next request, or, where it lies right below the mark, moves
 * the mark down for all. An array that nobody refers to any more is not given back by itself.
 */
export class Heap {
  readonly memory: SharedMemory;
  /** What the memory can grow to. */
  readonly maximumBytes: number;
  /** The heap's own words, at the bottom of the memory; see the indices below. */
  private readonly words: Int32Array;
  /** What this object handed out and didn't get back, by address. */
  private readonly handedOut = new Map<number, HeapArray>();
  /** What this object got back, by ascending address; zeroed or poisoned, and no two of them side by side. */
  private readonly holes: Block[] = [];
  private readonly knownBuffers = new WeakSet<ArrayBufferLike>();
  private readonly knownArrays = new WeakSet<HeapArray>();

  /**
   * @param from another thread's heap to join; or how large a new one may grow: by default 4 GiB, or as much of that
   *   as the machine grants. Only what is used is ever backed by real memory.
   * @throws {TypeError} if it is neither
   * @throws {RangeError} if the maximum is no usable number of bytes, or more than the machine grants
   */
  constructor(from: SharedMemory | { readonly maximumBytes?: number } = {}) {
    const joined = from instanceof WebAssembly.Memory;
    if (!joined) check.options('Heap', 'from', from, ['maximumBytes']);
    this.memory = joined ? from : newMemory((from as { readonly maximumBytes?: number }).maximumBytes);
    this.words = wordsOf(this.memory.buffer);
    this.maximumBytes = this.words[MAXIMUM] * PAGE;
    if (this.maximumBytes === 0) throw new RangeError('heap: the memory to join is no heap’s');
  }

  /** A zeroed array of `length` numbers, aligned to a cache line. */
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
   * Takes back an array that this object handed out, whole. Its numbers, and those of every part of it, will be
   * another array's: nobody may use them any more.
   *
   * @throws {Error} if the array isn't one of those
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

  /** Whether the array lies in this heap's memory, whoever allocated it, and wasn't given back. */
  holds(array: HeapArray): boolean {
    return this.knownArrays.has(array) || this.recognizes(array);
  }

  /** Bytes handed out so far and not given back. */
  get used(): number {
    return this.mark - this.holes.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  private get mark(): number {
    return Atomics.load(this.words, MARK) >>> 0;
  }

  private handOut<T extends HeapArray>(type: ArrayType<T>, length: number): T {
    const bytes = rounded(length * type.BYTES_PER_ELEMENT);
    // Not the mark: another thread may have moved it beyond what this one has seen the memory grow to.
    if (bytes === 0) return new type(this.memory.buffer, RESERVED_BYTES, 0);
    const start = this.reuse(bytes) ?? this.extend(bytes); // first: growing replaces `buffer`
    if (poisons) this.clean(start, bytes);
    const array = new type(this.memory.buffer, start, length);
    this.handedOut.set(start, array);
    return array;
  }

  /** Takes the poison out again; what was never handed out has none, and stays untouched. */
  private clean(start: number, bytes: number): void {
    const end = Math.min(start + bytes, Atomics.load(this.words, HIGHEST) >>> 0);
    if (end > start) new Uint8Array(this.memory.buffer, start, end - start).fill(0);
  }

  /** Takes from the smallest hole that is large enough, if there is one. */
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

  /** Moves the mark, once there is memory below where it will stand: a failure changes nothing. */
  private extend(bytes: number): number {
    for (;;) {
      const { mark } = this;
      if (!this.growTo(mark + bytes)) {
        throw new RangeError(
          `heap: ${megabytes(bytes)} were asked for, ${megabytes(this.maximumBytes - this.used)} of ${megabytes(this.maximumBytes)} are left, ${this.holes.length > 0 ? 'in pieces' : 'in one piece'}. Release networks that are no longer needed, or give loadKernels a larger heap.`,
        );
      }
      if (Atomics.compareExchange(this.words, MARK, mark | 0, (mark + bytes) | 0) >>> 0 === mark) return mark;
    }
  }

  /** @returns whether the memory reaches to `end` now */
  private growTo(end: number): boolean {
    if (end > this.maximumBytes) return false;
    for (let size = this.memory.buffer.byteLength; size < end; size = this.memory.buffer.byteLength) {
      const missing = Math.max(end - size, Math.min(GROWTH_BYTES, this.maximumBytes - size));
      try {
        this.memory.grow(Math.ceil(missing / PAGE));
      } catch {
        if (this.memory.buffer.byteLength === size) return false; // else another thread was quicker: look again
      }
    }
    return true;
  }

  /** Puts a block among the holes and together with its neighbours; the mark comes down if it stands on top of it. */
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

  /** Tells all threads up to where memory has been handed out. */
  private raiseHighest(end: number): void {
    for (;;) {
      const highest = Atomics.load(this.words, HIGHEST);
      if (highest >>> 0 >= end || Atomics.compareExchange(this.words, HIGHEST, highest, end | 0) === highest) return;
    }
  }

  /**
   * Growing a shared memory, and sending it to another thread, makes new buffer objects over the same memory, and
   * nothing says so of them: what is counted through ours must then show through theirs.
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

/** @throws {TypeError} if an argument is no heap */
export function checkHeap(where: string, value: unknown): void {
  if (!(value instanceof Heap)) throw new TypeError(check.refusal(where, 'heap', value, 'a Heap'));
}

const PAGE = 65536;
const LINE = 64;
/** What WebAssembly code keeps for itself (its constants and stack) below the first array. */
export const RESERVED_BYTES = PAGE;
/** Address of the heap's own words. Address 0 stays unused: WebAssembly code may hold it for null. */
const WORDS = LINE;
/**
 * Which word holds the mark, the most pages the memory may have, what {@link Heap.holds} counts by, and, where memory is
 * poisoned, the end of all that was ever given back.
 */
const MARK = 0;
const MAXIMUM = 1;
const COUNTER = 2;
const HIGHEST = 3;

const INITIAL_PAGES = 64;
const GROWTH_BYTES = 64 * PAGE;
/** 4 GiB but for one page, so that the end of the memory is a 32-bit number too. */
const MOST_PAGES = 65535;

/** In whole cache lines. */
const rounded = (bytes: number): number => Math.ceil(bytes / LINE) * LINE;

const wordsOf = (buffer: ArrayBufferLike): Int32Array => new Int32Array(buffer, WORDS, 4);

function newMemory(maximumBytes?: number): WebAssembly.Memory {
  const memory = maximumBytes === undefined ? largestMemory() : memoryUpTo(pagesIn(maximumBytes));
  wordsOf(memory.buffer)[MARK] = RESERVED_BYTES;
  return memory;
}

function memoryUpTo(maximum: number): WebAssembly.Memory {
  const memory = new WebAssembly.Memory({ initial: Math.min(INITIAL_PAGES, maximum), maximum, shared: true });
  wordsOf(memory.buffer)[MAXIMUM] = maximum;
  return memory;
}

/** Phones refuse what a desktop grants. */
function largestMemory(): WebAssembly.Memory {
  for (let pages = MOST_PAGES; ; pages = Math.floor(pages / 2)) {
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
