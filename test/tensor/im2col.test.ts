import fc from 'fast-check';
import { test } from 'tap';
import { ShapeError } from '../../src/errors.js';
import { col2im, im2col, im2colShape, slidingWindow, type Window } from '../../src/tensor/im2col.js';
import { dot, integers, sameBits } from '../helpers/arrays.js';
import { anySeed, assert, forAll, sizeUpTo } from '../helpers/cases.js';

const unroll = (x: readonly number[], window: Window): number[] => {
  const [taps, places] = im2colShape(window);
  const cols = new Float32Array(taps * places).fill(Number.NaN); // every entry must be written, zeros too
  im2col(Float32Array.from(x), cols, window);
  return [...cols];
};

const windows = fc
  .record({
    channels: sizeUpTo(3, 1),
    height: sizeUpTo(8, 1),
    width: sizeUpTo(9, 1),
    kernel: sizeUpTo(4, 1),
    stride: sizeUpTo(3, 1),
    padding: sizeUpTo(4),
    seed: anySeed,
  })
  .filter(({ height, width, kernel, padding }) => Math.min(height, width) + 2 * padding >= kernel)
  .map(({ seed, channels, height, width, ...options }) => ({
    seed,
    window: slidingWindow('test', [channels, height, width], options),
  }));

test("the docstring's picture: a 2×2 kernel over 3×3 pixels", async (t) => {
  const window = slidingWindow('test', [1, 3, 3], { kernel: 2 });
  t.same(im2colShape(window), [4, 4]);
  // biome-ignore format: laid out as the matrix is
  t.same(unroll([1, 2, 3, 4, 5, 6, 7, 8, 9], window), [
    1, 2, 4, 5,
    2, 3, 5, 6,
    4, 5, 7, 8,
    5, 6, 8, 9,
  ]);
});

test('where the kernel hangs over the edge there are zeros', async (t) => {
  const window = slidingWindow('test', [1, 2, 2], { kernel: 3, padding: 1 });
  // Pixels [1 2; 3 4] in a frame of zeros; columns: the kernel centred on 1, 2, 3 and 4.
  // biome-ignore format: laid out as the matrix is
  t.same(unroll([1, 2, 3, 4], window), [
    0, 0, 0, 1,
    0, 0, 1, 2,
    0, 0, 2, 0,
    0, 1, 0, 3,
    1, 2, 3, 4,
    2, 0, 4, 0,
    0, 3, 0, 0,
    3, 4, 0, 0,
    4, 0, 0, 0,
  ]);
});

test('a stride of two visits every second place', async (t) => {
  const window = slidingWindow('test', [1, 3, 5], { kernel: 1, stride: 2 });
  t.same(unroll([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15], window), [1, 3, 5, 11, 13, 15]);
});

test('channels follow one another: row (c·K + ky)·K + kx', async (t) => {
  const window = slidingWindow('test', [2, 1, 3], { kernel: 1 });
  t.same(unroll([1, 2, 3, 10, 20, 30], window), [1, 2, 3, 10, 20, 30]);
});

test('entry ((c·K + ky)·K + kx, oy·OW + ox) is pixel (c, oy·stride + ky − padding, ox·stride + kx − padding)', async () => {
  forAll(200, windows, ({ seed, window }) => {
    const { channels, height, width, kernel, stride, padding, outHeight, outWidth } = window;
    const x = integers(channels * height * width, seed);
    const expected: number[] = [];
    for (let c = 0; c < channels; c++)
      for (let ky = 0; ky < kernel; ky++)
        for (let kx = 0; kx < kernel; kx++)
          for (let oy = 0; oy < outHeight; oy++)
            for (let ox = 0; ox < outWidth; ox++) {
              const [row, column] = [oy * stride + ky - padding, ox * stride + kx - padding];
              const inside = row >= 0 && row < height && column >= 0 && column < width;
              expected.push(inside ? x[(c * height + row) * width + column] : 0);
            }
    const actual = unroll([...x], window);
    assert(actual.join() === expected.join(), `${actual}, not ${expected}`);
  });
});

test('col2im is the adjoint of im2col: ⟨im2col x, c⟩ = ⟨x, col2im c⟩, exactly, for integers', async () => {
  forAll(300, windows, ({ seed, window }) => {
    const [taps, places] = im2colShape(window);
    const x = integers(window.channels * window.height * window.width, seed);
    const c = integers(taps * places, seed + 1);
    const unrolled = new Float64Array(taps * places);
    im2col(x, unrolled, window);
    const back = new Float64Array(x.length).fill(Number.NaN);
    col2im(c, back, window);
    assert(dot(unrolled, c) === dot(x, back), `${dot(unrolled, c)}, not ${dot(x, back)}`);
  });
});

test('neither writes behind the end of what it fills', async () => {
  forAll(100, windows, ({ seed, window }) => {
    const [taps, places] = im2colShape(window);
    const size = window.channels * window.height * window.width;
    const [x, cols] = [integers(size + 4, seed), integers(taps * places + 4, seed + 1)];
    const [behindX, behindCols] = [x.slice(size), cols.slice(taps * places)];
    im2col(x, cols, window);
    col2im(cols, x, window);
    assert(sameBits(x.slice(size), behindX) && sameBits(cols.slice(taps * places), behindCols), 'written behind');
  });
});

test('the output extent counts the places where the kernel fits', async () => {
  forAll(200, windows, ({ window: { height, kernel, stride, padding, outHeight } }) => {
    let places = 0;
    for (let top = -padding; top + kernel <= height + padding; top += stride) places++;
    assert(outHeight === places, `${outHeight}, not ${places}`);
  });
});

test('a kernel that does not fit is refused with both sizes', async (t) => {
  t.throws(() => slidingWindow('conv2d', [1, 3, 8], { kernel: 5 }), {
    constructor: ShapeError,
    message: 'conv2d: a 5×5 kernel does not fit an input of 3×8 with padding 0',
  });
  t.doesNotThrow(() => slidingWindow('conv2d', [1, 3, 8], { kernel: 5, padding: 1 }));
});

test('kernels, strides and paddings that make no sense are refused by name and value', async (t) => {
  const refused = (options: { kernel: number; stride?: number; padding?: number }, message: RegExp) =>
    t.throws(() => slidingWindow('max-pool', [1, 9, 9], options), { constructor: ShapeError, message });
  refused({ kernel: 0 }, /^max-pool: kernel 0, stride 1, padding 0/);
  refused({ kernel: 2, stride: 0 }, /^max-pool: kernel 2, stride 0/);
  refused({ kernel: 2, padding: -1 }, /padding -1/);
  refused({ kernel: Number.NaN }, /kernel NaN/);
  refused({ kernel: 2.5 }, /kernel 2.5/);
  refused({ kernel: 2, stride: 1.5 }, /stride 1.5/);
  refused({ kernel: 2, padding: 0.5 }, /padding 0.5/);
});
