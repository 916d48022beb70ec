import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { test } from 'tap';
import { Heap, RESERVED_BYTES } from '../../src/tensor/heap.js';
import { referenceKernels } from '../../src/tensor/reference.js';
import { poisons } from '../../src/tensor/released.js';
import { simdKernels } from '../../src/tensor/simd.js';
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

test('an array of no numbers lies where every thread has memory, also behind one that another thread has taken', async (t) => {
  // A thread may not have seen yet that the memory has grown: an address beyond what it sees has no array there.
  const heap = new Heap();
  const seenBefore = heap.memory.buffer.byteLength;
  heap.float32(3_000_000);
  for (const array of [heap.float32(0), heap.float64(0), heap.int32(0)]) t.ok(array.byteOffset <= seenBefore);
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

test('an array given back is handed out again, zeroed, in parts and together with its neighbours', async (t) => {
  const heap = new Heap();
  const [first, second, third, last] = [heap.float32(100), heap.float32(200), heap.int32(300), heap.float64(10)];
  for (const array of [first, second, third, last]) array.fill(7);
  const { used } = heap;
  heap.free(third);
  heap.free(first);
  heap.free(second);
  t.ok(heap.used < used - 4 * 600);
  const joined = heap.float32(500);
  t.equal(joined.byteOffset, first.byteOffset, 'the three lie side by side');
  t.ok(joined.every((value) => value === 0));
  const rest = heap.float32(100);
  t.equal(rest.byteOffset, joined.byteOffset + 4 * 512, 'the rest of the hole');
  t.ok(rest.every((value) => value === 0));
  t.ok(last.every((value) => value === 7));
});

test('the smallest hole that is large enough is taken', async (t) => {
  const heap = new Heap();
  const [large, , small, , middle] = [1000, 1, 16, 1, 100].map((length) => heap.float32(length));
  heap.float32(1);
  for (const array of [large, small, middle]) heap.free(array);
  t.equal(heap.float32(90).byteOffset, middle.byteOffset);
  t.equal(heap.float32(90).byteOffset, large.byteOffset);
  t.equal(heap.float32(10).byteOffset, small.byteOffset);
});

test('what is given back on top is there for every thread', async (t) => {
  const heap = new Heap();
  const { used } = heap;
  const arrays = [heap.float32(10), heap.float32(20), heap.float32(30)].map((array) => array.fill(1));
  for (const i of [1, 0, 2]) heap.free(arrays[i]);
  t.equal(heap.used, used);
  const other = new Heap(heap.memory).float32(60);
  t.equal(other.byteOffset, arrays[0].byteOffset);
  t.ok(other.every((value) => value === 0));
});

test('only whole arrays that were handed out here are taken back, and only once', async (t) => {
  const heap = new Heap();
  const array = heap.float32(100);
  const refused = { message: /not handed out here, or given back twice/ };
  t.throws(() => heap.free(array.subarray(0, 50)), refused);
  t.throws(() => heap.free(array.subarray(16)), refused);
  t.throws(() => new Heap(heap.memory).free(array), refused);
  t.throws(() => heap.free(new Float32Array(100)), refused);
  const same = new Heap().float32(100);
  t.equal(same.byteOffset, array.byteOffset);
  t.throws(() => heap.free(same), refused, 'another heap’s at the same address');
  heap.free(array);
  t.throws(() => heap.free(array), refused);
  heap.free(heap.float32(0));
});

test('a failed allocation changes nothing, and says how much was asked for and how much there is', async (t) => {
  const heap = new Heap({ maximumBytes: 10e6 });
  t.equal(heap.maximumBytes, 152 * 65536);
  const before = heap.float32(100_000);
  const { used } = heap;
  const size = heap.memory.buffer.byteLength;
  for (let i = 0; i < 2000; i++) {
    t.throws(() => heap.float32(2_400_000), {
      name: 'RangeError',
      message: /9\.6.MB were asked for, 9\.5.MB of 10\.0.MB are left/,
    });
  }
  t.equal(heap.used, used);
  t.equal(heap.memory.buffer.byteLength, size);
  const after = heap.float32(2_300_000);
  t.ok(after.byteOffset >= before.byteOffset + before.byteLength, 'what there is can still be had');
  t.equal(after.byteLength, 9_200_000);
});

test('memory that the system refuses below the maximum is told as that', async (t) => {
  const heap = new Heap({ maximumBytes: 100e6 });
  heap.memory.grow = () => {
    throw new RangeError('WebAssembly.Memory.grow(): Unable to grow instance memory');
  };
  const there = heap.memory.buffer.byteLength;
  t.throws(() => heap.float32(10e6), {
    name: 'RangeError',
    message: /40\.0.MB were asked for, 4\.2.MB are there, and the system refuses more\./,
  });
  t.equal(heap.memory.buffer.byteLength, there);
});

test('a heap grows to its last page and no further, also where it grows by more than is missing', async (t) => {
  const heap = new Heap({ maximumBytes: 5e6 });
  const arrays = Array.from({ length: 70 }, () => heap.float32(16_384));
  t.equal(arrays.at(-1)?.length, 16_384);
  t.ok(heap.used <= heap.maximumBytes);
  t.throws(() => {
    for (;;) heap.float32(16_384);
  }, /asked for/);
  t.equal(heap.memory.buffer.byteLength, heap.maximumBytes);
});

test('a maximum that is none is refused', async (t) => {
  for (const maximumBytes of [0, -1, 65536, 2 ** 32, Number.NaN, Number.POSITIVE_INFINITY]) {
    t.throws(() => new Heap({ maximumBytes }), { name: 'RangeError', message: new RegExp(`${maximumBytes}`) });
  }
  t.throws(() => new Heap(new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true })), /is no heap/);
});

test('a thread that joins knows the maximum', async (t) => {
  const heap = new Heap({ maximumBytes: 1e7 });
  t.equal(new Heap(heap.memory).maximumBytes, heap.maximumBytes);
});

test('where 4 GiB are refused, a heap takes what it is granted', async (t) => {
  const { Memory } = WebAssembly;
  t.teardown(() => {
    WebAssembly.Memory = Memory;
  });
  WebAssembly.Memory = class extends Memory {
    constructor(descriptor: WebAssembly.MemoryDescriptor) {
      if ((descriptor.maximum ?? 0) > 9000) throw new RangeError('refused');
      super(descriptor);
    }
  } as typeof Memory;
  t.equal(new Heap().maximumBytes, 8191 * 65536);
  t.throws(() => new Heap({ maximumBytes: 2 ** 31 }), /refused/, 'but not if a maximum was asked for');
});

test('kernels compute right beyond 2 GiB', async (t) => {
  const heap = new Heap();
  const kernels = await simdKernels(heap);
  heap.float32(2 ** 29 + 2 ** 28); // 3 GiB that nobody touches, so that no real memory stands behind them
  const place = (values: readonly number[]) => {
    const array = kernels.alloc(values.length);
    array.set(values);
    return array;
  };
  const [a, b, c] = [place([1, 2, 3, 4, 5, 6]), place([1, 0, 2, 1, 0, 3]), place([0, 0, 0, 0])];
  t.ok(a.byteOffset > 3 * 2 ** 30);
  kernels.matmul(a, b, c, 2, 2, 3);
  t.same([...c], [5, 11, 14, 23]);
  kernels.sumParts([a, b, a], 3, a, 6);
  t.same([...a], [3, 4, 8, 9, 10, 15]);
});

if (poisons) {
  test('while tests run, memory that was given back is NaN to whoever still reads it, and zeros to its next owner', async (t) => {
    const heap = new Heap();
    const arrays = [heap.float32(100), heap.float64(50), heap.int32(100), heap.float32(100)];
    heap.float32(1); // so that the four leave a hole, and the next one doesn't
    const onTop = heap.float64(1000);
    for (const array of [...arrays, onTop]) array.fill(7);
    const parts = [...arrays, onTop].map((array) => array.subarray(10, 20));
    for (const array of [...arrays, onTop]) heap.free(array);
    for (const part of parts) {
      t.ok(part.every((value) => (part instanceof Int32Array ? value === -1 : Number.isNaN(value))));
    }
    t.ok(
      heap.float32(350).every((value) => value === 0),
      'in the hole',
    );
    const other = new Heap(heap.memory).float64(5000);
    t.equal(other.byteOffset, onTop.byteOffset);
    t.ok(
      other.every((value) => value === 0),
      'to another thread, and beyond what was ever handed out',
    );
    const kernels = referenceKernels();
    const own = kernels.alloc(10);
    kernels.free(own);
    t.ok(own.every(Number.isNaN), 'without a heap');
  });

  test('all that is tested here holds in use, too, where nothing is poisoned', async (t) => {
    const env = { ...process.env, WEIGHT_TRANSPORT_POISON: '' };
    await t.resolves(promisify(execFile)(process.execPath, [fileURLToPath(import.meta.url)], { env }));
  });
}
