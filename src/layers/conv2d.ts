/*
 * Axes: N batch, C input channels, O output channels, H, W rows and columns, K kernel, OH, OW output rows and columns.
 */
import { slidingWindow } from '../tensor/im2col.js';
import type { WeightedLayer } from './layer.js';

/**
 * A convolution layer with square kernels:
 *
 *   y[o, oy, ox] = b[o] + Σ_{c,ky,kx} w[o, c, ky, kx] · x[c, oy·stride + ky − padding, ox·stride + kx − padding]
 *
 * Backward, each of these products gives w·dy to its x (with the carrier in the place of w) and x·dy to its w. The
 * plain code of all three passes is in tensor/convolution.ts.
 *
 * @param inputShape `[C, H, W]`
 * @throws {ShapeError} if the kernel doesn't fit the padded input.
 */
export function conv2d(
  name: string,
  inputShape: readonly number[],
  options: { readonly outputs: number; readonly kernel: number; readonly stride?: number; readonly padding?: number },
): WeightedLayer {
  const window = slidingWindow('conv2d', inputShape, options);
  const { channels, kernel, outHeight, outWidth } = window;
  return {
    name,
    weighted: true,
    inputShape,
    outputShape: [options.outputs, outHeight, outWidth],
    weightShape: [options.outputs, channels, kernel, kernel],
    biasShape: [options.outputs],
    fanIn: channels * kernel * kernel,
    bind: (kernels, { x, y, dx, dy }) => ({
      forward: (n, weight, bias) => kernels.convForward(x.data, weight, bias, y.data, n, window),
      backwardInput: (n, carrier) => kernels.convBackwardInput(dy.data, carrier, dx.data, n, window),
      backwardWeights: (n, dw, db) => kernels.convBackwardWeights(x.data, dy.data, dw, db, n, window),
    }),
  };
}
