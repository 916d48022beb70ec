/* A thread that allocates from a shared heap as fast as it can, as soon as all threads are ready. */
import { parentPort, workerData } from 'node:worker_threads';
import { Heap } from '../../src/tensor/heap.js';

export interface HeapWorkerData {
  readonly memory: WebAssembly.Memory;
  /** How many threads have arrived: none starts before all have. */
  readonly arrived: Int32Array;
  readonly threads: number;
  /** What this thread writes into all it gets. */
  readonly mark: number;
  readonly arrays: number;
}

export interface HeapWorkerResult {
  /** Where each array begins and ends, in bytes. */
  readonly ranges: readonly (readonly [from: number, to: number])[];
  readonly allZeroed: boolean;
  /** Whether at the end every array still holds the mark alone. */
  readonly allMine: boolean;
}

const { memory, arrived, threads, mark, arrays } = workerData as HeapWorkerData;
const heap = new Heap(memory);
Atomics.add(arrived, 0, 1);
Atomics.notify(arrived, 0);
for (let seen = Atomics.load(arrived, 0); seen < threads; seen = Atomics.load(arrived, 0)) {
  Atomics.wait(arrived, 0, seen);
}
const mine: Float32Array[] = [];
let allZeroed = true;
for (let i = 0; i < arrays; i++) {
  const array = heap.float32(1 + ((i * 7919 + mark) % 5000));
  allZeroed &&= array.every((value) => value === 0);
  mine.push(array.fill(mark));
}
const result: HeapWorkerResult = {
  ranges: mine.map(({ byteOffset, byteLength }) => [byteOffset, byteOffset + byteLength] as const),
  allZeroed,
  allMine: mine.every((array) => array.every((value) => value === mark)),
};
parentPort?.postMessage(result);
