import { test } from 'tap';
import { im2colConvolution } from '../../src/layers/conv2d.js';
import { im2colShape, slidingWindow, type Window } from '../../src/tensor/im2col.js';
import type { Convolution } from '../../src/tensor/kernels.js';
import { float64Kernels } from '../../src/tensor/reference.js';
import type { FloatArray } from '../../src/tensor/tensor.js';
import { minimalFiltering, winogradConvolution } from '../../src/tensor/winograd.js';
import { largestDifference } from '../helpers/arrays.js';
import { absolute, close, type Dice, forAll, place, sameBits, simd, U } from './twins.js';

const winograd = simd.winograd as Convolution<Float32Array>;
const plain = winogradConvolution();
const direct: Convolution<Float64Array> = im2colConvolution(float64Kernels());
/** What it makes of magnitudes: how large its sums can be, which rounding is measured by. */
const ofMagnitudes = winogradConvolution({
  input: magnitudes(minimalFiltering.input),
  filter: magnitudes(minimalFiltering.filter),
  output: magnitudes(minimalFiltering.output),
  error: magnitudes(minimalFiltering.error),
  gradient: magnitudes(minimalFiltering.gradient),
});

function magnitudes(matrix: readonly (readonly number[])[]): number[][] {
  return matrix.map((row) => row.map(Math.abs));
}

/** Odd and even sides, from a single tile on, and any padding that is allowed. */
function anyWindow({ size, random }: Dice): Window {
  const padding = size(0, 2);
  const least = Math.max(1, 3 - 2 * padding);
  const channels = random.integer(0, 9) === 0 ? 33 : size(1, 5);
  return slidingWindow('test', [channels, size(least, least + 13), size(least, least + 13)], { kernel: 3, padding });
}

/** ResNet's, narrower than they are. */
const resnet = [
  { outputs: 16, window: slidingWindow('32×32', [3, 32, 32], { kernel: 3, padding: 1 }) },
  { outputs: 5, window: slidingWindow('16×16', [32, 16, 16], { kernel: 3, padding: 1 }) },
  { outputs: 6, window: slidingWindow('8×8', [64, 8, 8], { kernel: 3, padding: 1 }) },
];

interface Case {
  readonly n: number;
  readonly window: Window;
  readonly x: Float32Array;
  readonly w: Float32Array;
  readonly b: Float32Array;
  readonly dy: Float32Array;
}

function caseOf({ numbers }: Dice, n: number, outputs: number, window: Window): Case {
  const [taps, places] = im2colShape(window);
  return {
    n,
    window,
    x: numbers((n * taps * window.height * window.width) / 9),
    w: numbers(outputs * taps),
    b: numbers(outputs),
    dy: numbers(n * outputs * places),
  };
}

interface Results<A> {
  readonly y: A;
  readonly dx: A;
  readonly dw: A;
  readonly db: A;
}

/** All three passes, in arrays that `make` makes, results not zero before: they are to be overwritten. */
function run<A extends FloatArray>(
  convolution: Convolution<A>,
  { n, window, x, w, b, dy }: Case,
  make: (values: Float32Array) => A,
): Results<A> {
  const [pixels, weights, bias, errors] = [make(x), make(w), make(b), make(dy)];
  const results = { y: make(dy), dx: make(x), dw: make(w), db: make(b) };
  convolution.forward(pixels, weights, bias, results.y, n, window);
  convolution.backwardInput(errors, weights, results.dx, n, window);
  convolution.backwardWeights(pixels, errors, results.dw, results.db, n, window);
  return results;
}

const float64 = (values: Float32Array): Float64Array => Float64Array.from(values);
const names = ['y', 'dx', 'dw', 'db'] as const;

test('in float64 the plain twin is the direct convolution to 1e-12', async (t) => {
  forAll(150, (dice) => {
    const all = caseOf(dice, dice.size(1, 3), dice.size(1, 4), anyWindow(dice));
    const [expected, actual] = [run(direct, all, float64), run(plain, all, float64)];
    for (const name of names) t.ok(largestDifference(actual[name], expected[name]) < 1e-12, name);
  });
});

/** Within so many roundings of the largest sums on the way: the products and what the transforms add and round. */
function agree(dice: Dice, n: number, outputs: number, window: Window): void {
  const all = caseOf(dice, n, outputs, window);
  const shift = dice.size(0, 3);
  const actual = run(winograd, all, (values) => place(values, shift));
  const scaled = { ...all, x: absolute(all.x), w: absolute(all.w), b: absolute(all.b), dy: absolute(all.dy) };
  const scale = run(ofMagnitudes, scaled, float64);
  const tiles = Math.ceil(window.outHeight / 4) * Math.ceil(window.outWidth / 4);
  const roundings = { y: window.channels + 18, dx: outputs + 18, dw: n * tiles + 18, db: 16 * n * tiles };
  for (const expected of [run(direct, all, float64), run(plain, all, float64)]) {
    for (const name of names) {
      close(actual[name], expected[name], (i) => 1.01 * roundings[name] * U * scale[name][i] + Number.MIN_VALUE);
    }
  }
}

test('SIMD agrees with both plain twins, direct and Winograd’s, within its roundings of the sums on the way', async () => {
  forAll(300, (dice) => agree(dice, dice.size(1, 9), dice.size(1, 6), anyWindow(dice)));
});

test('and on ResNet’s shapes', async () => {
  for (const { outputs, window } of resnet) forAll(2, (dice) => agree(dice, 5, outputs, window));
});

const rootOfSquares = (values: ArrayLike<number>, less: ArrayLike<number>): number =>
  Math.sqrt(Array.from(values).reduce((sum, value, i) => sum + (value - less[i]) ** 2, 0));

test('its typical error is at most three millionths of a typical number', async (t) => {
  for (const { outputs, window } of resnet) {
    forAll(2, (dice) => {
      const all = caseOf(dice, 5, outputs, window);
      const exact = run(direct, all, float64);
      const ours = run(winograd, all, (values) => place(values));
      for (const name of names) {
        const typical = rootOfSquares(exact[name], new Float64Array(exact[name].length));
        const error = rootOfSquares(ours[name], exact[name]) / typical;
        t.ok(error <= 3e-6, `${name}: ${error}`);
      }
    });
  }
});

test('an image’s convolution has the same bits alone and anywhere in a batch, whatever lies beside it', async () => {
  forAll(100, (dice) => {
    const [n, outputs, window] = [dice.size(1, 11), dice.size(1, 4), anyWindow(dice)];
    const all = caseOf(dice, n, outputs, window);
    const chosen = dice.random.integer(0, n - 1);
    const cut = <A extends FloatArray>(of: A) =>
      of.slice((chosen * of.length) / n, ((chosen + 1) * of.length) / n) as Float32Array;
    const alone = run(winograd, { ...all, n: 1, x: cut(all.x), dy: cut(all.dy) }, (values) => place(values, 1));
    const size = all.x.length / n;
    if (n > 1) all.x.fill(Number.NaN, ((chosen + 1) % n) * size, (((chosen + 1) % n) + 1) * size);
    const batch = run(winograd, all, (values) => place(values, 2));
    sameBits(cut(batch.y), alone.y.slice());
    sameBits(cut(batch.dx), alone.dx.slice());
  });
});

test('a convolution leaves no trace in the next: the same call gives the same bits after any other', async () => {
  forAll(60, (dice) => {
    const [first, other] = [1, 2].map(() => caseOf(dice, dice.size(1, 6), dice.size(1, 4), anyWindow(dice)));
    const shared = (values: Float32Array) => place(values);
    for (const name of ['x', 'w', 'dy'] as const) if (dice.flag()) other[name].fill(Number.NaN);
    const before = run(winograd, first, shared);
    run(dice.flag() ? winograd : (simd.convolution as Convolution<Float32Array>), other, shared);
    const after = run(winograd, first, shared);
    for (const name of names) sameBits(after[name].slice(), before[name].slice());
  });
});

test('errors that are all zero give gradients that are all zero', async (t) => {
  forAll(10, (dice) => {
    const all = caseOf(dice, 5, dice.size(1, 4), anyWindow(dice));
    const results = run(winograd, { ...all, dy: new Float32Array(all.dy.length) }, (values) => place(values));
    for (const name of ['dx', 'dw', 'db'] as const) t.ok(results[name].every((value) => value === 0));
  });
});
