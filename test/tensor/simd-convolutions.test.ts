import { test } from 'tap';
import { convolutionOf, im2colConvolution } from '../../src/layers/conv2d.js';
import { im2colShape, slidingWindow, type Window } from '../../src/tensor/im2col.js';
import { absolute, close, type Dice, forAll, place, plain, sameBits, simd, type Twin, U } from './twins.js';

/** Both twins' convolutions: the kernels' own, and the one by unrolled images. */
const convolutions = { simd: convolutionOf(simd), plain: im2colConvolution(plain) };

/** A window of any kernel, stride and padding that fits; wide outputs and their odd ends are as likely as tiny ones. */
function anyWindow({ size, random }: Dice): Window {
  const [kernel, stride, padding] = [size(1, 7), size(1, 3), size(0, 3)];
  const least = Math.max(1, kernel - 2 * padding);
  const channels = random.integer(0, 9) === 0 ? 33 : size(1, 3);
  const shape = [channels, size(least, least + 7), size(least, least + 9)];
  return slidingWindow('test', shape, { kernel, stride, padding });
}

/** LeNet-5's two, and one of many channels. */
const lenet = [
  { outputs: 6, window: slidingWindow('conv1', [1, 28, 28], { kernel: 5, padding: 2 }) },
  { outputs: 16, window: slidingWindow('conv2', [6, 14, 14], { kernel: 5 }) },
  { outputs: 3, window: slidingWindow('wide', [33, 7, 8], { kernel: 3, padding: 1 }) },
];

const imageSize = ({ channels, height, width }: Window): number => channels * height * width;

interface Case {
  readonly n: number;
  readonly window: Window;
  readonly x: Twin;
  readonly w: Twin;
  readonly b: Twin;
  readonly dy: Twin;
  readonly y: Twin;
  readonly dx: Twin;
  readonly dw: Twin;
  readonly db: Twin;
}

function caseOf(dice: Dice, n: number, outputs: number, window: Window): Case {
  const { pair, numbers } = dice;
  const [taps, places] = im2colShape(window);
  const make = (length: number) => pair(numbers(length));
  return {
    n,
    window,
    x: make(n * imageSize(window)),
    w: make(outputs * taps),
    b: make(outputs),
    dy: pair(errors(dice, n, outputs * places)),
    y: make(n * outputs * places),
    dx: make(n * imageSize(window)),
    dw: make(outputs * taps),
    db: make(outputs),
  };
}

/** What comes from above: of each image all errors, none, or so many that either way of going back may be the cheaper. */
function errors({ numbers, random }: Dice, n: number, size: number): Float32Array {
  const all = numbers(n * size);
  for (let i = 0; i < n; i++) {
    const kept = [0, 5, 15, 25, 35, 100][random.integer(0, 5)];
    for (let p = i * size; p < (i + 1) * size; p++) if (random.integer(0, 99) >= kept) all[p] = 0;
  }
  return all;
}

/** All three passes of the plain twin. */
function runPlain({ n, window, x, w, b, dy, y, dx, dw, db }: Case): void {
  convolutions.plain.forward(x.plain, w.plain, b.plain, y.plain, n, window);
  convolutions.plain.backwardInput(dy.plain, w.plain, dx.plain, n, window);
  convolutions.plain.backwardWeights(x.plain, dy.plain, dw.plain, db.plain, n, window);
}

function runSimd({ n, window, x, w, b, dy, y, dx, dw, db }: Case): void {
  convolutions.simd.forward(x.simd, w.simd, b.simd, y.simd, n, window);
  convolutions.simd.backwardInput(dy.simd, w.simd, dx.simd, n, window);
  convolutions.simd.backwardWeights(x.simd, dy.simd, dw.simd, db.simd, n, window);
}

/** A sum of `terms` products errs by (terms + 3)·u·Σ|a||b| at most; that sum is the same convolution of |x|, |w|, |dy|. */
function agree(dice: Dice, n: number, outputs: number, window: Window): void {
  const all = caseOf(dice, n, outputs, window);
  const [taps, places] = im2colShape(window);
  const scale = { ...all, y: copy(all.y), dx: copy(all.dx), dw: copy(all.dw), db: copy(all.db) };
  for (const name of ['x', 'w', 'b', 'dy'] as const) {
    scale[name] = { ...all[name], plain: absolute(all[name].plain) };
  }
  runPlain(scale);
  runPlain(all);
  runSimd(all);
  const bound = (terms: number, sums: Twin) => (i: number) => 1.01 * (terms + 3) * U * sums.plain[i];
  close(all.y.simd, all.y.plain, bound(taps + 1, scale.y));
  close(all.dx.simd, all.dx.plain, bound(outputs * window.kernel ** 2, scale.dx));
  close(all.dw.simd, all.dw.plain, bound(n * places, scale.dw));
  close(all.db.simd, all.db.plain, bound(n * places, scale.db));
}

const copy = (twin: Twin): Twin => ({ ...twin, plain: twin.plain.slice() });

test('convolutions agree with the plain twin within (terms + 3)·2⁻²⁴·Σ|a||b|, whatever the window', async () => {
  forAll(400, (dice) => agree(dice, dice.size(1, 9), dice.size(1, 5), anyWindow(dice)));
});

test('convolutions agree on LeNet’s shapes and with many channels', async () => {
  for (const { outputs, window } of lenet) forAll(6, (dice) => agree(dice, 5, outputs, window));
});

test('an image’s convolution has the same bits alone and anywhere in a batch', async () => {
  forAll(150, (dice) => {
    const [n, outputs, window] = [dice.size(1, 11), dice.size(1, 4), anyWindow(dice)];
    const { x, w, b, dy, y, dx } = caseOf(dice, n, outputs, window);
    convolutions.simd.forward(x.simd, w.simd, b.simd, y.simd, n, window);
    convolutions.simd.backwardInput(dy.simd, w.simd, dx.simd, n, window);
    const chosen = dice.random.integer(0, n - 1);
    const cut = (all: Float32Array) => all.subarray((chosen * all.length) / n, ((chosen + 1) * all.length) / n);
    const [yAlone, dxAlone] = [place(cut(y.plain), 1), place(cut(dx.plain), 2)];
    convolutions.simd.forward(place(cut(x.simd), 3), w.simd, b.simd, yAlone, 1, window);
    convolutions.simd.backwardInput(place(cut(dy.simd), 1), w.simd, dxAlone, 1, window);
    sameBits(yAlone, cut(y.simd));
    sameBits(dxAlone, cut(dx.simd));
  });
});

test('a convolution leaves no trace in the next: the same call gives the same bits after any other', async () => {
  forAll(60, (dice) => {
    const [first, other] = [1, 2].map(() => caseOf(dice, dice.size(1, 6), dice.size(1, 4), anyWindow(dice)));
    for (const name of ['x', 'w', 'dy'] as const) if (dice.flag()) other[name].simd.fill(Number.NaN);
    runSimd(first);
    const results = (['y', 'dx', 'dw', 'db'] as const).map((name) => [first[name].simd, first[name].simd.slice()]);
    runSimd(other);
    for (const [array] of results) array.fill(Number.NaN);
    runSimd(first);
    for (const [array, before] of results) sameBits(array.slice(), before);
  });
});

test('errors that are all zero, as a saturated softmax sends them, give gradients that are all zero', async (t) => {
  for (const { outputs, window } of lenet) {
    forAll(1, (dice) => {
      const all = caseOf(dice, 5, outputs, window);
      runSimd({ ...all, dy: dice.pair(new Float32Array(all.dy.plain.length)) });
      for (const name of ['dx', 'dw', 'db'] as const) t.ok(all[name].simd.every((value) => value === 0));
    });
  }
});

test('an error of zero among few adds nothing, not even where the weight or the pixel is infinite', async (t) => {
  const { window, outputs } = lenet[1];
  const errors = new Float32Array(2 * 1600);
  errors[5] = 1;
  const [dy, dx] = [place(errors), place(new Float32Array(2 * 1176))];
  const infinite = (length: number) => place(new Float32Array(length).fill(Number.POSITIVE_INFINITY));
  convolutions.simd.backwardInput(dy, infinite(2400), dx, 2, window);
  t.same([dx[4], dx[5], dx[9], dx[11]], [0, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 0]);
  const [dw, db] = [place(new Float32Array(2400)), place(new Float32Array(outputs))];
  convolutions.simd.backwardWeights(infinite(2 * 1176), dy, dw, db, 2, window);
  t.same([dw[149], dw[150], dw[2399], db[0], db[1]], [Number.POSITIVE_INFINITY, 0, 0, 1, 0]);
});

test('a NaN among the errors of one image reaches no other image of its group', async (t) => {
  const { window } = lenet[1];
  for (const others of [0, 1]) {
    const errors = new Float32Array(4 * 1600).fill(others);
    errors[2 * 1600 + 500] = Number.NaN;
    const dx = place(new Float32Array(4 * 1176));
    convolutions.simd.backwardInput(place(errors), place(new Float32Array(2400).fill(1)), dx, 4, window);
    const hasNaN = [0, 1, 2, 3].map((i) => dx.subarray(i * 1176, (i + 1) * 1176).some(Number.isNaN));
    t.same(hasNaN, [false, false, true, false]);
  }
});

test('a NaN in one image reaches no other image of its group', async (t) => {
  const { window, outputs } = lenet[1];
  const [x, y] = [place(new Float32Array(4 * 1176).fill(1)), place(new Float32Array(4 * 1600))];
  x[2 * 1176 + 500] = Number.NaN;
  convolutions.simd.forward(x, place(new Float32Array(2400).fill(1)), place(new Float32Array(outputs)), y, 4, window);
  const hasNaN = [0, 1, 2, 3].map((i) => y.subarray(i * 1600, (i + 1) * 1600).some(Number.isNaN));
  t.same(hasNaN, [false, false, true, false]);
  t.equal(y[0], 150);
});
