import { test } from 'tap';
import { LEAST_MOMENT } from '../../src/tensor/kernels.js';
import { absolute, close, forAll, place, plain, same, simd, U } from './twins.js';

test('biases are added exactly as the plain twin adds them', async () => {
  forAll(100, ({ size, numbers, pair }) => {
    const [rows, columns] = [size(0, 9), size(0, 30)];
    const [y, bias] = [pair(numbers(rows * columns)), pair(numbers(columns))];
    plain.addToColumns(y.plain, bias.plain, rows, columns);
    simd.addToColumns(y.simd, bias.simd, rows, columns);
    same(y.simd, y.plain);
  });
});

test('sums of columns agree within (terms + 2)·2⁻²⁴·Σ|y|', async () => {
  forAll(150, ({ size, numbers, pair }) => {
    const [rows, columns] = [size(0, 40), size(0, 20)];
    const [y, sums, scale] = [pair(numbers(rows * columns)), pair(numbers(columns)), new Float32Array(columns)];
    plain.sumColumns(absolute(y.plain), scale, rows, columns);
    plain.sumColumns(y.plain, sums.plain, rows, columns);
    simd.sumColumns(y.simd, sums.simd, rows, columns);
    close(sums.simd, sums.plain, (i) => 1.01 * (rows + 2) * U * scale[i]);
  });
});

test('relu and its backward pass agree exactly', async () => {
  forAll(100, ({ size, numbers, pair }) => {
    const length = size(0, 50);
    const [x, y, dy] = [pair(numbers(length)), pair(numbers(length)), pair(numbers(length))];
    const dx = pair(numbers(length));
    for (const [kernels, side] of [
      [plain, 'plain'],
      [simd, 'simd'],
    ] as const) {
      kernels.relu(x[side], y[side], length);
      kernels.reluBackward(y[side], dy[side], dx[side], length);
    }
    same(y.simd, y.plain);
    same(dx.simd, dx.plain);
  });
});

test('normalize errs by three roundings at most, its backward pass not at all', async () => {
  forAll(100, ({ size, numbers, pair }) => {
    const [channels, images, pixels] = [size(1, 4), size(0, 3), size(0, 20)];
    const [planes, length] = [images * channels, images * channels * pixels];
    const [mean, std] = [pair(numbers(channels)), pair(numbers(channels).map((s) => 0.2 + Math.abs(s)))];
    const [x, y, dx] = [pair(numbers(length)), pair(numbers(length)), pair(numbers(length))];
    for (const [kernels, side] of [
      [plain, 'plain'],
      [simd, 'simd'],
    ] as const) {
      kernels.normalize(x[side], y[side], mean[side], std[side], planes, pixels);
      kernels.normalizeBackward(x[side], dx[side], std[side], planes, pixels);
    }
    close(y.simd, y.plain, (i) => 3.01 * U * Math.abs(y.plain[i]));
    same(dx.simd, dx.plain);
  });
});

test('a step of SGD errs by a few roundings of its own terms', async () => {
  forAll(100, ({ size, numbers, pair }) => {
    const length = size(0, 40);
    const [w, g, v] = [pair(numbers(length)), pair(numbers(length)), pair(numbers(length))];
    const [rate, momentum, decay, scale] = [0.1, 0.9, 0.01, 1 / 64];
    const [before, old] = [w.plain.slice(), v.plain.slice()];
    plain.sgd(w.plain, g.plain, v.plain, length, rate, momentum, decay, scale);
    simd.sgd(w.simd, g.simd, v.simd, length, rate, momentum, decay, scale);
    const terms = (i: number) =>
      momentum * Math.abs(old[i]) + scale * Math.abs(g.plain[i]) + decay * Math.abs(before[i]);
    close(v.simd, v.plain, (i) => 5 * U * terms(i));
    close(w.simd, w.plain, (i) => 2 * U * Math.abs(before[i]) + 9 * U * rate * terms(i));
    same(g.simd, g.plain);
  });
});

test('a step of Adam errs by a few roundings of its own terms', async () => {
  forAll(100, ({ size, numbers, pair }) => {
    const length = size(0, 40);
    const [w, g, m, v] = [
      pair(numbers(length)),
      pair(numbers(length)),
      pair(numbers(length)),
      pair(absolute(numbers(length))),
    ];
    const step = { rate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-3, decay: 0.01, scale: 1 / 64 };
    const [before, mean, variance] = [w.plain.slice(), m.plain.slice(), v.plain.slice()];
    plain.adam(w.plain, g.plain, m.plain, v.plain, length, step);
    simd.adam(w.simd, g.simd, m.simd, v.simd, length, step);
    const gradient = (i: number) => step.scale * Math.abs(g.plain[i]) + step.decay * Math.abs(before[i]);
    const terms = (i: number) => 0.9 * Math.abs(mean[i]) + 0.1 * gradient(i);
    const squares = (i: number) => 0.999 * variance[i] + 0.001 * gradient(i) ** 2;
    close(m.simd, m.plain, (i) => 8 * U * terms(i));
    close(v.simd, v.plain, (i) => 12 * U * squares(i));
    const size1 = (i: number) => (step.rate * terms(i)) / (Math.sqrt(v.plain[i]) + step.epsilon);
    // √v has half of v's relative error, but v itself may be tiny where the gradient's terms cancel: then |m|'s does.
    close(
      w.simd,
      w.plain,
      (i) => 2 * U * Math.abs(before[i]) + 24 * U * (1 + squares(i) / (v.plain[i] + 1e-9)) * size1(i),
    );
  });
});

test('where gradients have become 0 for good, moments end: numbers below 1e-38 would slow every step down', async (t) => {
  const [length, steps] = [7, 2000];
  const adam = { rate: 1e-3, beta1: 0.9, beta2: 0.95, epsilon: 1e-8, decay: 0, scale: 1 };
  for (const kernels of [plain, simd]) {
    const made = (value: number) => kernels.alloc(length).fill(value);
    const [w, g, v, m] = [made(0.5), made(0), made(1e-3), made(1e-3)];
    for (let step = 0; step < steps; step++) kernels.sgd(w, g, v, length, 0.01, 0.9, 0, 1);
    t.same([...v], Array(length).fill(0), `${kernels.backend}: velocity`);
    t.ok(
      w.every((each) => Math.abs(each - (0.5 - 1e-4 * 0.9)) < 1e-6),
      'they have moved the weights as far as ever',
    );
    v.fill(1e-3);
    for (let step = 0; step < steps; step++) kernels.adam(w, g, m, v, length, adam);
    t.same([...m, ...v], Array(2 * length).fill(0), `${kernels.backend}: Adam's moments`);
    const [little, less] = [LEAST_MOMENT * 1.001, LEAST_MOMENT * 0.999];
    v.set([little, -little, less, -less, Number.NaN, Number.NEGATIVE_INFINITY, 0]);
    kernels.sgd(w.fill(0), g, v, length, 1, 1, 0, 1);
    const kept = [Math.fround(little), Math.fround(-little), 0, 0, Number.NaN, Number.NEGATIVE_INFINITY, 0];
    t.same([...v], kept, `${kernels.backend}: no others end`);
  }
});

test('parts are added in index order, each sum rounded, however many there are', async () => {
  forAll(60, ({ size, numbers, pair, random }) => {
    const [count, length] = [random.integer(1, 200), size(0, 40)];
    const parts = Array.from({ length: count }, () => pair(numbers(length).map((x) => x * 10 ** random.integer(0, 6))));
    const total = pair(numbers(length));
    const halves = [parts.map((part) => part.plain), parts.map((part) => part.simd)];
    plain.sumParts(halves[0], count, total.plain, length);
    simd.sumParts(halves[1], count, total.simd, length);
    same(total.simd, total.plain);
    simd.sumParts(halves[1], count, halves[1][0], length);
    same(halves[1][0], total.plain);
  });
});

test('a sum in another order would be noticed: 1 + 10⁸ − 10⁸ is 0 in float32', async (t) => {
  const parts = [1, 1e8, -1e8].map((value) => place(new Float32Array(21).fill(value)));
  const total = place(new Float32Array(21).fill(5));
  simd.sumParts(parts, 3, total, 21);
  t.ok(total.every((value) => value === 0));
  simd.sumParts([parts[1], parts[2], parts[0]], 3, total, 21);
  t.ok(total.every((value) => value === 1));
});

test('a sign step agrees exactly where alpha and epsilon are float32 numbers', async () => {
  forAll(150, ({ size, numbers, pair, random, flag }) => {
    const length = size(0, 40);
    const [x, direction, clean] = [pair(numbers(length)), pair(numbers(length)), pair(numbers(length))];
    const alpha = Math.fround(random.uniform());
    const epsilon = flag() ? Math.fround(random.uniform()) : Number.POSITIVE_INFINITY;
    const [low, high] = flag() ? [0, 1] : [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
    plain.signStep(x.plain, direction.plain, clean.plain, length, alpha, epsilon, low, high);
    simd.signStep(x.simd, direction.simd, clean.simd, length, alpha, epsilon, low, high);
    same(x.simd, x.plain);
  });
});

test('a sign step agrees within a rounding of x, alpha and epsilon otherwise, and never leaves [0, 1]', async (t) => {
  forAll(100, ({ size, numbers, pair, random }) => {
    const length = size(0, 40);
    const pixels = () => pair(Float32Array.from({ length }, () => random.uniform()));
    const [x, direction, clean] = [pixels(), pair(numbers(length)), pixels()];
    const [alpha, epsilon] = [random.uniform(), random.uniform()];
    plain.signStep(x.plain, direction.plain, clean.plain, length, alpha, epsilon, 0, 1);
    simd.signStep(x.simd, direction.simd, clean.simd, length, alpha, epsilon, 0, 1);
    close(x.simd, x.plain, (i) => 2 * U * (x.plain[i] + alpha + epsilon));
    if (x.simd.some((value) => value < 0 || value > 1)) throw new Error('left [0, 1]');
  });
  t.end();
});

test('sign(0) is 0, of either zero; a NaN direction gives NaN, as in the plain twin', async (t) => {
  const direction = [0, -0, 3, -3, Number.NaN, 1e-45, -1e-45];
  const x = place(direction.map(() => 0.5));
  simd.signStep(x, place(direction, 2), place(x), 7, 0.25, 0.5, 0, 1);
  t.same([...x], [0.5, 0.5, 0.75, 0.25, Number.NaN, 0.75, 0.25]);
});

test('a sign step stops at the epsilon-ball and at the ends of [0, 1]', async (t) => {
  const [x, clean] = [place([0.5, 0.5, 0.875, 0.125, 0.5]), place([0.5, 0.5, 0.875, 0.125, 0.75])];
  simd.signStep(x, place([1, -1, 1, -1, -1]), clean, 5, 0.5, 0.25, 0, 1);
  t.same([...x], [0.75, 0.25, 1, 0, 0.5]);
});
