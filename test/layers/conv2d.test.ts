import fc from 'fast-check';
import { test } from 'tap';
import { ShapeError } from '../../src/errors.js';
import { conv2d, im2colConvolution } from '../../src/layers/conv2d.js';
import { slidingWindow } from '../../src/tensor/im2col.js';
import { float64Kernels } from '../../src/tensor/reference.js';
import { largestDifference, normals } from '../helpers/arrays.js';
import { anySeed, assert, forAll, sizeUpTo } from '../helpers/cases.js';
import { runWeighted } from '../helpers/layers.js';

const kernels = float64Kernels();

const cases = fc
  .record({
    n: sizeUpTo(3, 1),
    channels: sizeUpTo(3, 1),
    outputs: sizeUpTo(5, 1),
    height: sizeUpTo(7, 1),
    width: sizeUpTo(6, 1),
    kernel: sizeUpTo(3, 1),
    stride: sizeUpTo(2, 1),
    padding: sizeUpTo(2),
    seed: anySeed,
  })
  .filter(({ height, width, kernel, padding }) => Math.min(height, width) + 2 * padding >= kernel);

/** Calls `each` with the index of every (output, weight, input) that one multiplication of the convolution joins. */
function everyProduct(
  { n, channels, outputs, height, width, kernel, stride, padding }: Record<string, number>,
  each: (y: number, w: number, x: number, o: number) => void,
): void {
  const { outHeight, outWidth } = slidingWindow('test', [channels, height, width], { kernel, stride, padding });
  for (let i = 0; i < n; i++)
    for (let o = 0; o < outputs; o++)
      for (let oy = 0; oy < outHeight; oy++)
        for (let ox = 0; ox < outWidth; ox++)
          for (let c = 0; c < channels; c++)
            for (let ky = 0; ky < kernel; ky++)
              for (let kx = 0; kx < kernel; kx++) {
                const [row, column] = [oy * stride + ky - padding, ox * stride + kx - padding];
                if (row < 0 || row >= height || column < 0 || column >= width) continue;
                each(
                  ((i * outputs + o) * outHeight + oy) * outWidth + ox,
                  ((o * channels + c) * kernel + ky) * kernel + kx,
                  ((i * channels + c) * height + row) * width + column,
                  o,
                );
              }
}

test('forward and backward are the direct seven loops, whatever the window', async () => {
  forAll(120, cases, (options) => {
    const { n, channels, outputs, height, width, seed } = options;
    const layer = conv2d('conv', [channels, height, width], options);
    const places = layer.outputShape[1] * layer.outputShape[2];
    const weights = outputs * layer.fanIn;
    const x = normals(n * channels * height * width, seed);
    const [weight, bias, carrier] = [
      normals(weights, seed + 1),
      normals(outputs, seed + 2),
      normals(weights, seed + 3),
    ];
    const dy = normals(n * outputs * places, seed + 4);

    const y = Float64Array.from(dy, (_, i) => bias[Math.floor(i / places) % outputs]);
    const [dw, db, dx] = [new Float64Array(weights), new Float64Array(outputs), new Float64Array(x.length)];
    everyProduct(options, (iy, iw, ix) => {
      y[iy] += weight[iw] * x[ix];
      dw[iw] += dy[iy] * x[ix];
      dx[ix] += dy[iy] * carrier[iw];
    });
    for (let i = 0; i < dy.length; i++) db[Math.floor(i / places) % outputs] += dy[i];

    const actual = runWeighted(kernels, layer, n, { x, dy, weight, bias, carrier });
    for (const [name, expected] of Object.entries({ y, dw, db, dx })) {
      const difference = largestDifference(actual[name as 'y'], expected);
      assert(difference < 1e-12, `${name} is off by ${difference}`);
    }
  });
});

test('a kernel is slid, not flipped: a hand-worked example', async (t) => {
  const layer = conv2d('conv', [1, 2, 3], { outputs: 1, kernel: 2 });
  const { y, dx, dw, db } = runWeighted(kernels, layer, 1, {
    x: [1, 2, 3, 4, 5, 6],
    weight: [1, 10, 100, 1000],
    bias: [0.5],
    dy: [1, 2],
    carrier: [1, 10, 100, 1000],
  });
  t.same([...y], [1 + 20 + 400 + 5000 + 0.5, 2 + 30 + 500 + 6000 + 0.5]);
  t.same([...dx], [1, 10 + 2, 20, 100, 1000 + 200, 2000]);
  t.same([...dw], [1 + 2 * 2, 2 + 2 * 3, 4 + 2 * 5, 5 + 2 * 6]);
  t.same([...db], [3]);
});

test('the layer says its shapes in PyTorch’s layout', async (t) => {
  const layer = conv2d('conv2', [6, 14, 14], { outputs: 16, kernel: 5 });
  t.same(layer.outputShape, [16, 10, 10]);
  t.same(layer.weightShape, [16, 6, 5, 5]);
  t.same(layer.biasShape, [16]);
  t.equal(layer.fanIn, 150);
  t.same(conv2d('conv1', [1, 28, 28], { outputs: 6, kernel: 5, padding: 2 }).outputShape, [6, 28, 28]);
  t.same(conv2d('half', [3, 9, 8], { outputs: 4, kernel: 3, stride: 2 }).outputShape, [4, 4, 3]);
});

test('a kernel larger than the padded input is refused, with both sizes', async (t) => {
  t.throws(() => conv2d('conv', [1, 3, 3], { outputs: 2, kernel: 5 }), {
    constructor: ShapeError,
    message: 'conv2d: a 5×5 kernel does not fit an input of 3×3 with padding 0',
  });
});

test('winograd is refused where it can’t be done, with what it is for', async (t) => {
  const refused = (options: { kernel: number; stride?: number; padding?: number }) =>
    t.throws(() => conv2d('conv', [1, 8, 8], { outputs: 2, algorithm: 'winograd', ...options }), {
      constructor: ShapeError,
      message:
        `conv2d: the algorithm is winograd; kernel ${options.kernel}×${options.kernel}, ` +
        `stride ${options.stride ?? 1}, padding ${options.padding ?? 0}. ` +
        'Winograd needs a 3×3 kernel, stride 1 and padding 0 to 2. Choose these, or the algorithm direct.',
    });
  refused({ kernel: 5, padding: 2 });
  refused({ kernel: 3, stride: 2, padding: 1 });
  refused({ kernel: 3, padding: 3 });
});

test('a layer runs the algorithm it was made with, and the direct one unless told', async (t) => {
  const called: string[] = [];
  const telling = (algorithm: string) => ({ ...im2colConvolution(kernels), forward: () => called.push(algorithm) });
  const both = { ...kernels, convolution: telling('direct'), winograd: telling('winograd') };
  const given = { x: new Array(16).fill(1), weight: new Array(9).fill(1), bias: [0], carrier: new Array(9).fill(1) };
  for (const options of [{}, { algorithm: 'direct' }, { algorithm: 'winograd' }] as const) {
    const layer = conv2d('conv', [1, 4, 4], { outputs: 1, kernel: 3, padding: 1, ...options });
    runWeighted(both, layer, 1, { ...given, dy: new Array(16).fill(1) });
  }
  t.same(called, ['direct', 'direct', 'winograd']);
});
