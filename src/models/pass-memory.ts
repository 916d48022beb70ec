import type { Kernels } from '../tensor/kernels.js';
import type { FloatArray } from '../tensor/tensor.js';

/**
 * The activations of every network that runs on the same kernels. A thread does one pass after the other, and needs
 * each one's activations only until it has gone forward and back: so all workspaces, of whatever network and capacity,
 * take turns in the same memory, and a thread's need is that of the largest.
 */
export class PassMemory<A extends FloatArray> {
  /** Whose pass left its activations here. */
  holder: object | undefined;
  private readonly numbers: Blocks<A>;
  private readonly indices: Blocks<Int32Array>;
  private carrier: A;

  constructor(private readonly kernels: Kernels<A>) {
    this.numbers = new Blocks(kernels.alloc);
    this.indices = new Blocks(kernels.allocIndices);
    this.carrier = kernels.alloc(0);
  }

  /** The one of these kernels. */
  static of<A extends FloatArray>(kernels: Kernels<A>): PassMemory<A> {
    let memory = memories.get(kernels) as PassMemory<A> | undefined;
    if (!memory) {
      memory = new PassMemory(kernels);
      memories.set(kernels, memory);
    }
    return memory;
  }

  /** Where one workspace's arrays come from, one after the other: beside each other, but over all other workspaces'. */
  layOut(): { alloc(length: number): A; allocIndices(length: number): Int32Array } {
    return { alloc: this.numbers.fromTheBottom(), allocIndices: this.indices.fromTheBottom() };
  }

  /** At least `length` numbers for what a rule computes while an error passes one layer: until it passes the next. */
  carrierOf(length: number): A {
    if (this.carrier.length < length) {
      this.kernels.free(this.carrier);
      this.carrier = this.kernels.alloc(0); // what is left if the next line fails
      this.carrier = this.kernels.alloc(length);
    }
    return this.carrier;
  }
}

const memories = new WeakMap<object, unknown>();

/** Numbers in a block, if no array needs more. */
const BLOCK = 65536;
/** Numbers in a cache line, of the smaller precision. */
const LINE = 16;

/** Memory that grows block by block, and is given out again and again from the first block on. */
class Blocks<T extends FloatArray | Int32Array> {
  private readonly blocks: T[] = [];

  constructor(private readonly alloc: (length: number) => T) {}

  fromTheBottom(): (length: number) => T {
    const taken: number[] = [];
    return (length) => {
      const { blocks } = this;
      const withRoom = blocks.findIndex((each, b) => (taken[b] ?? 0) + length <= each.length);
      const block = withRoom < 0 ? blocks.push(this.alloc(Math.max(length, BLOCK))) - 1 : withRoom;
      const from = taken[block] ?? 0;
      taken[block] = from + Math.ceil(length / LINE) * LINE;
      return blocks[block].subarray(from, from + length) as T;
    };
  }
}
