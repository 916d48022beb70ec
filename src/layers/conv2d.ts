/*
 * A convolution is a matrix product with the unrolled image (tensor/im2col.ts), one image at a time:
 *
 *   y = W·im2col(x) + b        dx = col2im(Wᵀ·dy)        dw = Σ_images dy·im2col(x)ᵀ
 *
 * Some kernels compute convolutions without unrolling; they are tested against the three functions here.
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
 * Computes the outputs of n images:
 *
 * ```
 *   y[o, oy, ox] = b[o] + Σ_{c,ky,kx} w[o, c, ky, kx] · x[c, oy·stride + ky − padding, ox·stride + kx − padding]
 * ```
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
 * Computes dx = col2im(Wᵀ·dy), with `carrier` in the place of W: a product w·x of the forward pass gives w·dy to x.
 *
 * @param dy `[n, O, OH, OW]`
 * @param carrier the forward weights W or the rule's feedback weights B, `[O, C, K, K]`
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
 * Computes dw = Σ_images dy·im2col(x)ᵀ and db[o] = Σ_images Σ_places dy[o]: a product w·x gives x·dy to w.
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

/** Returns the convolution by unrolled images, on any kernels. It has its own scratch memory for one image. */
export function im2colConvolution<A extends FloatArray>(kernels: Kernels<A>): Convolution<A> {
  let scratch = kernels.alloc(0);
  const colsFor = (window: Window): A => {
    const [taps, places] = im2colShape(window);
    if (scratch.length < taps * places) {
      kernels.free(scratch);
      scratch = kernels.alloc(0); // the scratch memory if the next line throws
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

/** The algorithms for a layer's convolutions. Their results differ in rounding; tensor/winograd.ts says by how much. */
export const convolutionAlgorithms = ['direct', 'winograd'] as const;
export type ConvolutionAlgorithm = (typeof convolutionAlgorithms)[number];

/** Returns the kernels' fastest convolution by an algorithm; all layers on the same kernels share it. */
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
 * Makes a convolution layer with square kernels:
 *
 * ```
 *   y[o, oy, ox] = b[o] + Σ_{c,ky,kx} w[o, c, ky, kx] · x[c, oy·stride + ky − padding, ox·stride + kx − padding]
 * ```
 *
 * @param name the layer's name, such as `conv1`
 * @param inputShape `[C, H, W]`
 * @param options.outputs O, the number of output channels
 * @param options.kernel K, the kernel's side in pixels
 * @param options.stride the distance of windows in pixels; default: 1
 * @param options.padding rows and columns of zeros around the image; default: 0
 * @param options.bias false for a layer without biases, such as one below a normalisation, which would subtract them
 *   again; default: true
 * @param options.algorithm `direct` (the default), or `winograd` for fewer multiplications. Winograd needs a 3×3
 *   kernel, stride 1 and padding 0 to 2.
 * @throws {ShapeError} if the kernel is larger than the padded input, or kernel, stride or padding is out of range, or
 *   the algorithm can't compute them
 * @throws {RangeError | TypeError} if the name is empty, `outputs` is missing, or another argument is not accepted
 * @example
 * ```ts
 * conv2d('conv1', [1, 28, 28], { outputs: 6, kernel: 5, padding: 2 }).outputShape; // [6, 28, 28]
 * ```
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
      const unused = biased ? undefined : alloc(options.outputs); // zeros as biases forward, ignored gradients backward
      return {
        forward(n, weight, bias) {
          unused?.fill(0); // in each pass: between passes, other layers use the memory
          convolution.forward(x.data, weight, unused ?? bias, y.data, n, window);
        },
        backwardInput: (n, carrier) => convolution.backwardInput(dy.data, carrier, dx.data, n, window),
        backwardWeights: (n, dw, db) => convolution.backwardWeights(x.data, dy.data, dw, unused ?? db, n, window),
      };
    },
  };
}

const sizeOfImage = ({ channels, height, width }: Window): number => channels * height * width;

/** Returns the i-th of equal parts of an array, sharing its memory. */
const nthOf = <A extends FloatArray>(array: A, i: number, size: number): A =>
  array.subarray(i * size, (i + 1) * size) as A;
