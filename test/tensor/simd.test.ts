import { once } from 'node:events';
import { test } from 'tap';
import { Heap } from '../../src/tensor/heap.js';
import { slidingWindow } from '../../src/tensor/im2col.js';
import { simdKernels, simdModule, simdSupported } from '../../src/tensor/simd.js';
import { forAll, place, plain, sameBits, simd } from './twins.js';

const NOT_HERE = /does not lie in the heap/;

test('the kernels load where SIMD is supported, and say which they are', async (t) => {
  t.equal(simdSupported(), true, 'this machine has SIMD');
  t.equal(simd.backend, 'simd');
  t.equal(await simdModule(), await simdModule(), 'the module is compiled once');
});

test('arrays come zeroed, in shared memory', async (t) => {
  const numbers = simd.alloc(7);
  const indices = simd.allocIndices(5);
  t.same([...numbers], [0, 0, 0, 0, 0, 0, 0]);
  t.same([...indices], [0, 0, 0, 0, 0]);
  t.type(numbers.buffer, SharedArrayBuffer);
  t.type(indices.buffer, SharedArrayBuffer);
});

test('an array of private memory is refused, whichever argument it is', async (t) => {
  const [shared, own] = [place([1, 2, 3, 4]), new Float32Array(4)];
  t.throws(() => simd.relu(own, shared, 4), NOT_HERE);
  t.throws(() => simd.relu(shared, own, 4), NOT_HERE);
  t.throws(() => simd.matmul(shared, shared, own, 2, 2, 2), NOT_HERE);
  t.throws(() => simd.sumParts([shared, own], 2, shared, 4), NOT_HERE);
});

test('so is an array of another heap, and of a copy of this one, by every kernel', async (t) => {
  const heap = new Heap();
  const kernels = await simdKernels(heap);
  const window = slidingWindow('test', [1, 4, 4], { kernel: 2, stride: 2 });
  const window3 = slidingWindow('test', [1, 4, 4], { kernel: 3 });
  const { convolution, winograd } = kernels;
  const step = { rate: 0, beta1: 0, beta2: 0, epsilon: 1, decay: 0, scale: 1 };
  const calls: Readonly<Record<string, (x: Float32Array, index: Int32Array) => void>> = {
    matmul: (x) => kernels.matmul(x, x, x, 1, 1, 1),
    matmulTA: (x) => kernels.matmulTA(x, x, x, 1, 1, 1),
    matmulTB: (x) => kernels.matmulTB(x, x, x, 1, 1, 1),
    'convolution.forward': (x) => convolution?.forward(x, x, x.subarray(0, 1), x, 1, window),
    'convolution.backwardInput': (x) => convolution?.backwardInput(x, x.subarray(0, 4), x, 1, window),
    'convolution.backwardWeights': (x) => convolution?.backwardWeights(x, x, x, x.subarray(0, 1), 1, window),
    'winograd.forward': (x) => winograd?.forward(x, x, x.subarray(0, 1), x, 1, window3),
    'winograd.backwardInput': (x) => winograd?.backwardInput(x, x.subarray(0, 9), x, 1, window3),
    'winograd.backwardWeights': (x) => winograd?.backwardWeights(x, x, x, x.subarray(0, 1), 1, window3),
    addToColumns: (x) => kernels.addToColumns(x, x, 1, 1),
    sumColumns: (x) => kernels.sumColumns(x, x, 1, 1),
    relu: (x) => kernels.relu(x, x, 4),
    reluBackward: (x) => kernels.reluBackward(x, x, x, 4),
    normalize: (x) => kernels.normalize(x, x, x.subarray(0, 1), x, 1, 4),
    normalizeBackward: (x) => kernels.normalizeBackward(x, x, x.subarray(0, 1), 1, 4),
    channelMoments: (x) => kernels.channelMoments(x, x.subarray(0, 1), x, 1, 4),
    channelAffine: (x) => kernels.channelAffine(x, x, x.subarray(0, 1), x, x, 1, 4),
    channelProducts: (x) => kernels.channelProducts(x, x.subarray(0, 1), x, x, x, 1, 4),
    channelAffineBackward: (x) => kernels.channelAffineBackward(x, x.subarray(0, 1), x, x, x, x, x, 1, 4),
    maxPool: (x, index) => kernels.maxPool(x, x, index, 1, window),
    maxPoolBackward: (x, index) => kernels.maxPoolBackward(x, index, x, 1, window),
    sgd: (x) => kernels.sgd(x, x, x, 4, 0, 0, 0, 1),
    adam: (x) => kernels.adam(x, x, x, x, 4, step),
    sumParts: (x) => kernels.sumParts([x, x], 2, x, 4),
    signStep: (x) => kernels.signStep(x, x, x, 4, 0, 0, 0, 1),
    copySigns: (x) => kernels.copySigns(x, x, x, 4),
    rescale: (x) => kernels.rescale(x, 4, 1),
    uniform: (x) => kernels.uniform(x, 4, 0, { keys: [1, 2], step: 0 }),
  };
  const membersOf = (name: 'convolution' | 'winograd') => Object.keys(kernels[name] ?? {}).map((of) => `${name}.${of}`);
  const names = Object.keys(kernels).filter(
    (name) => !['backend', 'alloc', 'allocIndices', 'free', 'convolution', 'winograd'].includes(name),
  );
  names.push(...membersOf('convolution'), ...membersOf('winograd'));
  t.same(Object.keys(calls).sort(), names.sort(), 'no kernel is left out');
  const other = new Heap();
  const copy = heap.memory.buffer.slice(0);
  const at = heap.float32(64).byteOffset;
  for (const [name, call] of Object.entries(calls)) {
    call(heap.float32(64), heap.int32(64));
    t.throws(() => call(other.float32(64), other.int32(64)), NOT_HERE, `${name}: another heap`);
    t.throws(() => call(new Float32Array(copy, at, 64), new Int32Array(copy, at, 64)), NOT_HERE, `${name}: a copy`);
  }
});

test('an array that came from another thread, or from before the memory grew, is known for the heap’s own', async (t) => {
  const heap = new Heap();
  const kernels = await simdKernels(heap);
  const { port1, port2 } = new MessageChannel();
  const early = heap.float32(4);
  heap.memory.grow(3);
  for (const array of [early, heap.float32(4)]) {
    array.set([1, -2, 3, -4]);
    port1.postMessage(array);
    const [posted] = (await once(port2, 'message')) as [Float32Array];
    t.not(posted.buffer, array.buffer, 'another object over the same memory');
    kernels.relu(posted, posted, 4);
    t.same([...array], [1, 0, 3, 0]);
  }
  port1.close();
});

test('an array that is too short is refused before anything is written', async (t) => {
  const [a, b, c] = [place([1, 2, 3, 4]), place([1, 2, 3, 4]), place([9, 9, 9])];
  t.throws(() => simd.matmul(a, b, c, 2, 2, 2), { message: /holds 3 numbers, 4 are needed/ });
  t.throws(() => simd.relu(a, c, 4), { message: /holds 3 numbers, 4 are needed/ });
  t.same([...c], [9, 9, 9]);
});

test('instances over one memory, as threads have them, do not disturb each other', async (t) => {
  const heap = new Heap();
  const first = await simdKernels(heap);
  const second = await simdKernels(new Heap(heap.memory), await simdModule());
  const make = (kernels: typeof first, value: number) => kernels.alloc(70).fill(value);
  const parts = [1, 10, 100].map((value) => make(first, value));
  const others = [2, 20, 200].map((value) => make(second, value));
  const [total, otherTotal] = [make(first, 0), make(second, 0)];
  first.sumParts(parts, 3, total, 70);
  second.sumParts(others, 3, otherTotal, 70);
  first.sumParts(parts, 2, parts[0], 70);
  t.ok(total.every((value) => value === 111));
  t.ok(otherTotal.every((value) => value === 222));
  t.ok(parts[0].every((value) => value === 11));
});

test('arrays allocated before and after the memory has grown can be used together', async (t) => {
  const heap = new Heap();
  const kernels = await simdKernels(heap);
  const before = kernels.alloc(3);
  before.set([1, -2, 3]);
  kernels.alloc(4_000_000);
  const after = kernels.alloc(3);
  kernels.relu(before, after, 3);
  t.same([...after], [1, 0, 3]);
});

test('element-wise kernels may write onto their input', async () => {
  forAll(60, ({ size, numbers, pair }) => {
    const length = size(0, 40);
    const [x, dy] = [pair(numbers(length)), pair(numbers(length))];
    const out = place(new Float32Array(length));
    simd.relu(x.simd, out, length);
    simd.relu(x.simd, x.simd, length);
    sameBits(x.simd, out);
    simd.reluBackward(x.simd, dy.simd, out, length);
    simd.reluBackward(x.simd, dy.simd, dy.simd, length);
    sameBits(dy.simd, out);
    const [mean, std] = [place([0.3]), place([0.7])];
    simd.normalize(x.simd, out, mean, std, 1, length);
    simd.normalize(x.simd, x.simd, mean, std, 1, length);
    sameBits(x.simd, out);
    simd.normalizeBackward(dy.simd, out, std, 1, length);
    simd.normalizeBackward(dy.simd, dy.simd, std, 1, length);
    sameBits(dy.simd, out);
  });
});

test('an image’s result is the same to the bit alone and anywhere in a batch', async () => {
  forAll(60, ({ size, numbers, random }) => {
    const [images, channels, pixels] = [size(1, 6), size(1, 3), size(1, 30)];
    const length = channels * pixels;
    const [mean, std] = [place(numbers(channels)), place(numbers(channels).map((s) => 1 + Math.abs(s)))];
    const batch = numbers(images * length);
    const chosen = random.integer(0, images - 1);
    const [x, alone] = [place(batch), place(batch.subarray(chosen * length, (chosen + 1) * length), 1)];
    const [y, yAlone] = [place(batch), place(alone)];
    const part = (array: Float32Array) => array.subarray(chosen * length, (chosen + 1) * length);
    simd.normalize(x, y, mean, std, images * channels, pixels);
    simd.normalize(alone, yAlone, mean, std, channels, pixels);
    sameBits(part(y), yAlone);
    simd.normalizeBackward(x, y, std, images * channels, pixels);
    simd.normalizeBackward(alone, yAlone, std, channels, pixels);
    sameBits(part(y), yAlone);
    simd.addToColumns(y, place(numbers(length)), images, 0);
    sameBits(part(y), yAlone);
    const bias = place(numbers(length));
    simd.addToColumns(y, bias, images, length);
    simd.addToColumns(yAlone, bias, 1, length);
    sameBits(part(y), yAlone);
    simd.signStep(y, x, x, images * length, 0.1, 0.3, 0, 1);
    simd.signStep(yAlone, alone, alone, length, 0.1, 0.3, 0, 1);
    sameBits(part(y), yAlone);
  });
});

test('relu is Math.max to the bit: a NaN stays NaN and −0 becomes 0', async (t) => {
  const values = [Number.NaN, -0, 0, -1, 1, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, 1e-45, -1e-45];
  const [x, y] = [place(values, 1), place(values.map(() => 9))];
  const expected = new Float32Array(values.length);
  simd.relu(x, y, values.length);
  plain.relu(Float32Array.from(values), expected, values.length);
  for (const [i, value] of values.entries()) t.ok(Object.is(y[i], expected[i]), `relu(${value})`);
});
