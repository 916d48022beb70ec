/*
 * Batch normalisation (Ioffe & Szegedy 2015). In training, mean and variance are those of one shard of the mini-batch,
 * which one thread computes on its own (ghost batch normalisation, Hoffer et al. 2017).
 *
 * Axes: n batch, C channels, S numbers of a channel in one image.
 */
import * as check from '../check.js';
import { sizeOf } from '../tensor/tensor.js';
import type { NormalizingLayer } from './layer.js';

/** ε, added to a variance: without it, a constant channel would divide by zero. It is ONNX's default too. */
const EPSILON = 1e-5;

/** Returns √(v + ε). */
export const deviation = (variance: number): number => Math.sqrt(variance + EPSILON);

/**
 * Makes a batch-normalisation layer:
 *
 * ```
 *   y[c] = γ[c]·(x[c] − μ[c]) / √(v[c] + ε) + β[c]
 *
 *   dβ = Σ dy        dγ = Σ dy·x̂, x̂ = (x − μ) / √(v + ε)
 *   dx = γ/√(v + ε) · dy                                `averages`, which don't depend on x
 *   dx = γ/√(v + ε) · (dy − dβ/(n·S) − x̂·dγ/(n·S))      `pass`
 * ```
 *
 * μ and v are the mean and variance of the channel's n·S numbers in this pass (`pass`), or their running averages
 * (`averages`). Under every learning rule the backward pass uses γ itself: γ scales single channels, which needs no
 * weight transport.
 *
 * @param name the layer's name
 * @param inputShape `[C, …]`
 * @throws {RangeError} if the name is empty
 * @throws {ShapeError | TypeError} if the shape is not an array of whole numbers of at least 1
 * @example
 * ```ts
 * batchNorm('bn1', [16, 32, 32]).channels; // 16
 * ```
 */
export function batchNorm(name: string, inputShape: readonly number[]): NormalizingLayer {
  check.text('batchNorm', 'name', name);
  check.shape('batchNorm', 'inputShape', inputShape);
  const [channels] = inputShape;
  const size = sizeOf(inputShape) / channels;
  return {
    name,
    weighted: false,
    channels,
    inputShape,
    outputShape: inputShape,
    writeTo: (graph, x) => graph.operator('BatchNormalization', [x, ...graph.parameters()]),
    bind(kernels, { x, y, dx, dy, alloc }) {
      const vector = () => alloc(channels);
      const [mean, variance, inverse, factor] = [vector(), vector(), vector(), vector()];
      const [sums, products] = [vector(), vector()];
      return {
        forward(n, learned, statistics) {
          if (statistics === 'pass') {
            kernels.channelMoments(x.data, mean, variance, n * channels, size);
          } else {
            mean.set(learned.mean);
            variance.set(learned.variance);
          }
          for (let c = 0; c < channels; c++) {
            inverse[c] = 1 / deviation(variance[c]);
            factor[c] = learned.scale[c] * inverse[c];
          }
          kernels.channelAffine(x.data, y.data, mean, factor, learned.shift, n * channels, size);
        },
        backward(n, statistics, gradient) {
          const own = statistics === 'pass';
          const count = n * size;
          if (own || gradient) kernels.channelProducts(x.data, mean, dy.data, sums, products, n * channels, size);
          for (let c = 0; c < channels; c++) {
            if (gradient) {
              gradient.scale[c] = products[c] * inverse[c];
              gradient.shift[c] = sums[c];
              gradient.mean[c] = own ? n * mean[c] : 0;
              gradient.variance[c] = own ? n * variance[c] * (count / Math.max(1, count - 1)) : 0; // unbiased
            }
            sums[c] = own ? sums[c] / count : 0;
            products[c] = own ? (products[c] * inverse[c] ** 2) / count : 0;
          }
          kernels.channelAffineBackward(x.data, mean, dy.data, dx.data, sums, products, factor, n * channels, size);
        },
      };
    },
  };
}
