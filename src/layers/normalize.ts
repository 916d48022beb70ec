/* Axes: n batch, C channels, H, W rows and columns. */
import * as check from '../check.js';
import { ShapeError } from '../errors.js';
import type { PlainLayer } from './layer.js';

/**
 * Makes a layer that normalises pixels: y[c] = (x[c] − mean[c]) / std[c], and dx[c] = dy[c] / std[c]. As it is a part
 * of the network, pixels and ε stay in units of [0, 1].
 *
 * @param name the layer's name
 * @param inputShape `[C, H, W]`
 * @param options.mean the mean of each channel, in units of [0, 1]
 * @param options.std the standard deviation of each channel, above 0
 * @throws {ShapeError} unless mean and std hold one number per channel
 * @throws {RangeError} if the name is empty, a mean is not finite, or a deviation is not above 0
 * @throws {TypeError} if another argument is of another type
 * @example
 * ```ts
 * normalize('normalize', [1, 28, 28], { mean: [0.1307], std: [0.3081] });
 * ```
 */
export function normalize(
  name: string,
  inputShape: readonly number[],
  options: { readonly mean: readonly number[]; readonly std: readonly number[] },
): PlainLayer {
  check.text('normalize', 'name', name);
  check.shape('normalize', 'inputShape', inputShape, ['C', 'H', 'W']);
  check.object('normalize', 'options', options, 'an object with mean and std');
  const { mean, std } = options;
  check.numbers('normalize', 'options.mean', mean);
  check.numbers('normalize', 'options.std', std, { above: 0 });
  const [channels, height, width] = inputShape;
  if (mean.length !== channels || std.length !== channels) {
    throw new ShapeError(
      `normalize: mean has ${mean.length} and std ${std.length} values, the input has ${channels} channels`,
    );
  }
  return {
    name,
    weighted: false,
    output: 'own',
    inputShape,
    outputShape: inputShape,
    writeTo(graph, x) {
      const perChannel = (name: string, values: readonly number[]) => graph.constant(name, [channels, 1, 1], values);
      return graph.operator('Div', [graph.operator('Sub', [x, perChannel('mean', mean)]), perChannel('std', std)]);
    },
    bind(kernels, { x, y, dx, dy, alloc }) {
      const means = alloc(channels);
      const stds = alloc(channels);
      return {
        forward(n) {
          means.set(mean); // in each pass: between passes, other layers use the memory
          stds.set(std);
          kernels.normalize(x.data, y.data, means, stds, n * channels, height * width);
        },
        backward: (n) => kernels.normalizeBackward(dy.data, dx.data, stds, n * channels, height * width),
      };
    },
  };
}
