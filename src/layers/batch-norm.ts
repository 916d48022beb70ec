/*
 * Batch normalisation (Ioffe & Szegedy 2015). In learning, the images whose mean and variance are taken are those of one
 * shard of the mini-batch (ghost batch normalisation, Hoffer et al. 2017): what a thread computes on its own.
 *
 * Axes: n batch, C channels, S numbers of a channel in one image.
 */
import * as check from '../check.js';
import { sizeOf } from '../tensor/tensor.js';
import type { NormalizingLayer } from './layer.js';

/** ε, added to a variance, so that a channel that is the same everywhere is no division by zero. ONNX's own default too. */
const EPSILON = 1e-5;

/** √(v + ε) */
export const deviation = (variance: number): number => Math.sqrt(variance + EPSILON);

/**
 * y[c] = γ[c]·(x[c] − μ[c]) / √(v[c] + ε) + β[c], with μ and v the mean and variance over the pass's n·S numbers of the
 * channel (`pass`), or their averages (`averages`).
 *
 *   dβ = Σ dy        dγ = Σ dy·x̂, x̂ = (x − μ) / √(v + ε)
 *   dx = γ/√(v + ε) · dy                                by averages, which don't depend on x
 *   dx = γ/√(v + ε) · (dy − dβ/(n·S) − x̂·dγ/(n·S))      by the pass's own statistics
 *
 * γ is the layer's own under every learning rule: a synapse on itself needs no weight transport.
 *
 * @param inputShape `[C, …]`
 * @throws {RangeError | ShapeError | TypeError} if there is no name, or the shape is none
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
