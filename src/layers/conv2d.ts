/*
 * A convolution is a matrix product with the unrolled image (tensor/im2col.ts), one image at a time:
 *
 *   y = W·im2col(x) + b        dx = col2im(Wᵀ·dy)        dw = Σ_images dy·im2col(x)ᵀ
 *
 * Kernels that can do without the unrolling bring a convolution of their own; the three functions here are what it is
 * tested against.
 *
 * Axes: n batch, C input channels, O output channels, H, W rows and columns, K kernel, OH, OW output rows and columns.
 */
import * as check from '../check.js';
import { col2im, im2col, im2colShape, slidingWindow, type Window } from '../tensor/im2col.js';
import type { Convolution, Kernels } from '../tensor/kernels.js';
import type { FloatArray } from '../tensor/tensor.js';
import { checkWinograd, winogradConvolution } from '../tensor/winograd.js';
import { windowAttributes } from './graph.js';
import type { WeightedLayer } from './layer.js';

/**
 * y[o, oy, ox] = b[o] + Σ_{c,ky,kx} w[o, c, ky, kx] · x[c, oy·stride + ky − padding, ox·stride + kx − padding]
 *
 * @param x `[n, C, H, W]`
 * @param weight `[O, C, K, K]`, read as the matrix `[O, C·K·K]`
 * @param bias `[O]`
 * @param y written: `[n, O, OH, OW]`
 * @param cols scratch, `[C·K·K, OH·OW]`
 */
function convForward<A extends FloatArray>(
  kernels: Kernels<A>,
  x: A,
  weight: A,
  bias: A,
  y: A,
  cols: A,
  n: number,
  window: Window,
): void {
  const [taps, places] = im2colShape(window);
  for (let i = 0; i < n; i++) {
    const image = nthOf(y, i, bias.length * places);
    im2col(nthOf(x, i, sizeOfImage(window)), cols, window);
    kernels.matmul(weight, cols, image, bias.length, places, taps);
    for (let o = 0, p = 0; o < bias.length; o++) {
      for (let end = p + places; p < end; p++) image[p] += bias[o];
    }
  }
}

/**
 * dx = col2im(Wᵀ·dy): each product w·x of the forward pass gives w·dy to its x, with `carrier` in the place of W.
 *
 * @param dy `[n, O, OH, OW]`
 * @param carrier `[O, C, K, K]`
 * @param dx written: `[n, C, H, W]`
 */
function convBackwardInput<A extends FloatArray>(
  kernels: Kernels<A>,
  dy: A,
  carrier: A,
  dx: A,
  cols: A,
  n: number,
  window: Window,
): void {
  const [taps, places] = im2colShape(window);
  const outputs = carrier.length / taps;
  for (let i = 0; i < n; i++) {
    kernels.matmulTA(carrier, nthOf(dy, i, outputs * places), cols, taps, places, outputs);
    col2im(cols, nthOf(dx, i, sizeOfImage(window)), window);
  }
}

/**
 * dw = Σ_images dy·im2col(x)ᵀ and db[o] = Σ_images Σ_places dy[o]: each product w·x gives x·dy to its w.
 *
 * @param dw written: `[O, C, K, K]`
 * @param db written: `[O]`
 */
function convBackwardWeights<A extends FloatArray>(
  kernels: Kernels<A>,
  x: A,
  dy: A,
  dw: A,
  db: A,
  cols: A,
  n: number,
  window: Window,
): void {
  const [taps, places] = im2colShape(window);
  for (let i = 0; i < n; i++) {
    const image = nthOf(dy, i, db.length * places);
    im2col(nthOf(x, i, sizeOfImage(window)), cols, window);
    kernels.matmulTB(image, cols, dw, db.length, taps, places, i > 0);
    for (let o = 0, p = 0; o < db.length; o++) {
      let sum = i > 0 ? db[o] : 0;
      for (let end = p + places; p < end; p++) sum += image[p];
      db[o] = sum;
    }
  }
}

/** The convolution by unrolled images, on any kernels, with scratch memory of its own for one of them. */
export function im2colConvolution<A extends FloatArray>(kernels: Kernels<A>): Convolution<A> {
  let scratch = kernels.alloc(0);
  const colsFor = (window: Window): A => {
    const [taps, places] = im2colShape(window);
    if (scratch.length < taps * places) {
      kernels.free(scratch);
      scratch = kernels.alloc(0); // what is left if the next line fails
      scratch = kernels.alloc(taps * places);
    }
    return scratch;
  };
  return {
    forward: (x, weight, bias, y, n, window) => convForward(kernels, x, weight, bias, y, colsFor(window), n, window),
    backwardInput: (dy, carrier, dx, n, window) =>
      convBackwardInput(kernels, dy, carrier, dx, colsFor(window), n, window),
    backwardWeights: (x, dy, dw, db, n, window) =>
      convBackwardWeights(kernels, x, dy, dw, db, colsFor(window), n, window),
  };
}

/** How a layer's convolutions are computed: the numbers differ in rounding (tensor/winograd.ts says by how much). */
export const convolutionAlgorithms = ['direct', 'winograd'] as const;
export type ConvolutionAlgorithm = (typeof convolutionAlgorithms)[number];

/** The fastest convolution that the kernels have; the same one for all layers that run on them. */
export function convolutionOf<A extends FloatArray>(
  kernels: Kernels<A>,
  algorithm: ConvolutionAlgorithm = 'direct',
): Convolution<A> {
  if (algorithm === 'winograd') return kernels.winograd ?? plainWinograd;
  let convolution = kernels.convolution ?? (unrolled.get(kernels) as Convolution<A> | undefined);
  if (!convolution) {
    convolution = im2colConvolution(kernels);
    unrolled.set(kernels, convolution);
  }
  return convolution;
}

const unrolled = new WeakMap<object, unknown>();
const plainWinograd = winogradConvolution();

/**
 * A convolution layer with square kernels.
 *
 * @param inputShape `[C, H, W]`
 * @param options.bias false for none, as where a normalisation follows, which would take it away again
 * @param options.algorithm `winograd` for fewer multiplications where the kernel is 3×3, the stride 1 and the padding at
 *   most 2; `direct` unless given
 * @throws {ShapeError} if the kernel doesn't fit the padded input, a kernel, stride or padding makes no sense, or the
 *   algorithm can't do them
 * @throws {RangeError | TypeError} if there is no name or output, or another argument is none
 */
export function conv2d(
  name: string,
  inputShape: readonly number[],
  options: {
    readonly outputs: number;
    readonly kernel: number;
    readonly stride?: number;
    readonly padding?: number;
    readonly algorithm?: ConvolutionAlgorithm;
    readonly bias?: boolean;
  },
): WeightedLayer {
  check.text('conv2d', 'name', name);
  const window = slidingWindow('conv2d', inputShape, options);
  const { algorithm = 'direct', bias: biased = true } = options;
  check.wholeNumber('conv2d', 'options.outputs', options.outputs);
  check.oneOf('conv2d', 'options.algorithm', algorithm, convolutionAlgorithms);
  if (algorithm === 'winograd') checkWinograd('conv2d', window);
  check.flag('conv2d', 'options.bias', biased);
  const { channels, kernel, outHeight, outWidth } = window;
  return {
    name,
    weighted: true,
    inputShape,
    window,
    outputShape: [options.outputs, outHeight, outWidth],
    weightShape: [options.outputs, channels, kernel, kernel],
    ...(biased && { biasShape: [options.outputs] }),
    fanIn: channels * kernel * kernel,
    writeTo: (graph, x) => graph.operator('Conv', [x, ...graph.parameters()], windowAttributes(window)),
    bind(kernels, { x, y, dx, dy, alloc }) {
      const convolution = convolutionOf(kernels, algorithm);
      const none = biased ? undefined : alloc(options.outputs); // zeros on the way up, and what nobody asks for down
      return {
        forward(n, weight, bias) {
          none?.fill(0); // each time: between passes the memory is others'
          convolution.forward(x.data, weight, none ?? bias, y.data, n, window);
        },
        backwardInput: (n, carrier) => convolution.backwardInput(dy.data, carrier, dx.data, n, window),
        backwardWeights: (n, dw, db) => convolution.backwardWeights(x.data, dy.data, dw, none ?? db, n, window),
      };
    },
  };
}

const sizeOfImage = ({ channels, height, width }: Window): number => channels * height * width;

/** The i-th of equal parts of an array, sharing its memory. */
const nthOf = <A extends FloatArray>(array: A, i: number, size: number): A =>
  array.subarray(i * size, (i + 1) * size) as A;
