import { test } from 'tap';
import { slidingWindow, type Window } from '../../src/tensor/im2col.js';
import { type Dice, forAll, place, plain, same, simd } from './twins.js';

/** A window of any kernel and stride that fits. */
function anyWindow({ size }: Dice): Window {
  const [kernel, stride] = [size(1, 5), size(1, 3)];
  const shape = [1, size(kernel, kernel + 12), size(kernel, kernel + 14)];
  return slidingWindow('test', shape, { kernel, stride });
}

/** Planes to pool; half of them hold small integers, so that windows have ties. */
function planesFor({ numbers, flag, random }: Dice, length: number): Float32Array {
  return flag() ? numbers(length) : Float32Array.from({ length }, () => random.integer(-1, 1));
}

function poolsAgree(dice: Dice, window: Window): void {
  const planes = dice.size(0, 4);
  const outputs = planes * window.outHeight * window.outWidth;
  const pixels = planes * window.height * window.width;
  const [x, y] = [dice.pair(planesFor(dice, pixels)), dice.pair(dice.numbers(outputs))];
  const [winner, plainWinner] = [simd.allocIndices(outputs + 1).fill(-7), new Int32Array(outputs)];
  plain.maxPool(x.plain, y.plain, plainWinner, planes, window);
  simd.maxPool(x.simd, y.simd, winner, planes, window);
  same(y.simd, y.plain);
  same(Float32Array.from(winner), [...plainWinner, -7]);

  const [dy, dx] = [dice.pair(dice.numbers(outputs)), dice.pair(dice.numbers(pixels))];
  plain.maxPoolBackward(dy.plain, plainWinner, dx.plain, planes, window);
  simd.maxPoolBackward(dy.simd, winner, dx.simd, planes, window);
  same(dx.simd, dx.plain);
}

test('max-pooling agrees exactly, forward, backward and in the first winner of a tie, for any window', async () => {
  forAll(200, (dice) => poolsAgree(dice, anyWindow(dice)));
});

test('so does the 2×2 pooling that has code of its own, on even and odd planes', async () => {
  forAll(200, (dice) => {
    const shape = [1, dice.size(2, 15), dice.size(2, 31)];
    poolsAgree(dice, slidingWindow('test', shape, { kernel: 2, stride: 2 }));
  });
});

test('a NaN wins a window only where it comes first, as in the plain twin', async (t) => {
  const window = slidingWindow('test', [1, 2, 8], { kernel: 2, stride: 2 });
  const x = [Number.NaN, 1, 1, Number.NaN, 3, 2, 2, 3, 4, 5, 0, 1, Number.NaN, 4, 5, Number.NaN];
  const [y, winner] = [place([0, 0, 0, 0]), simd.allocIndices(4)];
  simd.maxPool(place(x), y, winner, 1, window);
  t.same([...y], [Number.NaN, 1, 4, 5]);
  t.same([...winner], [0, 2, 13, 14]);
});
