import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { test } from 'tap';
import { Heap, RESERVED_BYTES } from '../../src/tensor/heap.js';
import type { HeapWorkerData, HeapWorkerResult } from '../helpers/heap-worker.js';

test('arrays are zeroed, of the length asked for, and start on a cache line', async (t) => {
  const heap = new Heap();
  const arrays = [heap.float32(1), heap.float64(3), heap.int32(17), heap.float32(1000), heap.float64(5)];
  t.same(
    arrays.map((array) => array.length),
    [1, 3, 17, 1000, 5],
  );
  for (const array of arrays) {
    t.ok(array.every((value) => value === 0));
    t.equal(array.byteOffset % 64, 0);
  }
});

test('each type of array is what it says', async (t) => {
  const heap = new Heap();
  t.type(heap.float32(2), Float32Array);
  t.type(heap.float64(2), Float64Array);
  t.type(heap.int32(2), Int32Array);
});

test('no two arrays overlap, nor what WebAssembly keeps below them', async (t) => {
  const heap = new Heap();
  let end = RESERVED_BYTES;
  for (let i = 0; i < 200; i++) {
    const array = i % 2 === 0 ? heap.float32(i) : heap.float64(i);
    t.ok(array.byteOffset >= end, `array ${i} begins behind the one before`);
    end = array.byteOffset + array.byteLength;
  }
  t.ok(heap.used >= end, 'and all of it counts as used');
});

test('an array of no numbers takes no room', async (t) => {
  const heap = new Heap();
  const before = heap.used;
  t.equal(heap.float32(0).length, 0);
  t.equal(heap.used, before);
});

test('arrays stay valid, and shared, when the memory grows', async (t) => {
  const heap = new Heap();
  const early = heap.float32(10).fill(3);
  const pages = heap.memory.buffer.byteLength;
  const large = heap.float32(3_000_000).fill(5);
  t.ok(heap.memory.buffer.byteLength > pages, 'it has grown');
  t.ok(
    early.every((value) => value === 3),
    'the early array keeps its numbers',
  );
  early[4] = 8;
  const again = new Float32Array(heap.memory.buffer, early.byteOffset, 10);
  t.equal(again[4], 8, 'and writing to it still writes to the memory');
  t.equal(large[2_999_999], 5);
});

test('one array may be larger than the memory grows by at once', async (t) => {
  const heap = new Heap();
  const array = heap.float32(20_000_000);
  array[19_999_999] = 1;
  t.equal(array[19_999_999], 1);
});

test('a second heap over the same memory goes on where the first stands', async (t) => {
  const first = new Heap();
  const array = first.float32(100).fill(1);
  const second = new Heap(first.memory);
  const other = second.float32(100).fill(2);
  t.ok(array.every((value) => value === 1));
  t.ok(other.byteOffset >= array.byteOffset + array.byteLength);
  t.equal(first.used, second.used);
});

test('threads that allocate at the same time get ranges of their own', async (t) => {
  const { memory } = new Heap();
  const threads = 4;
  const arrived = new Int32Array(new SharedArrayBuffer(4));
  const results = await Promise.all(
    Array.from({ length: threads }, async (_, i) => {
      const workerData: HeapWorkerData = { memory, arrived, threads, mark: i + 1, arrays: 800 };
      const worker = new Worker(new URL('../helpers/heap-worker.js', import.meta.url), { workerData });
      const [result] = (await once(worker, 'message')) as [HeapWorkerResult];
      return result;
    }),
  );
  for (const { allZeroed, allMine } of results) t.ok(allZeroed && allMine, 'zeroed at first, never overwritten');
  const ranges = results.flatMap((result) => result.ranges).sort(([a], [b]) => a - b);
  t.equal(ranges.length, threads * 800);
  t.ok(
    ranges.every(([from], i) => i === 0 || from >= ranges[i - 1][1]),
    'no two of all the ranges overlap',
  );
  t.ok(memory.buffer.byteLength > 64 * 65536, 'the memory grew meanwhile');
});
