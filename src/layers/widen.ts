/* Axes: n batch, C channels, H, W rows and columns, OC, OH, OW output. */
import * as check from '../check.js';
import { ShapeError } from '../errors.js';
import { slidingWindow } from '../tensor/im2col.js';
import { windowAttributes } from './graph.js';
import type { PlainLayer } from './layer.js';

/**
 * Makes the shortcut without weights of a residual network (He et al. 2016, section 4.2, option A), for blocks that
 * halve the maps and double the channels: y[c, i, j] = x[c, i·stride, j·stride], and 0 in the channels that x doesn't
 * have. In the backward pass, dy goes to the pixel that y came from; the other pixels get 0.
 *
 * @param name the layer's name
 * @param inputShape `[C, H, W]`
 * @param options.outputs OC, the number of output channels, at least C
 * @param options.stride the distance of the copied pixels
 * @throws {ShapeError} if `outputs` is less than the number of channels
 * @throws {RangeError | TypeError} if the name is empty, or another argument is not accepted
 * @example
 * ```ts
 * widen('shortcut', [16, 32, 32], { outputs: 32, stride: 2 }).outputShape; // [32, 16, 16]
 * ```
 */
export function widen(
  name: string,
  inputShape: readonly number[],
  options: { readonly outputs: number; readonly stride: number },
): PlainLayer {
  check.text('widen', 'name', name);
  check.shape('widen', 'inputShape', inputShape, ['C', 'H', 'W']);
  check.object('widen', 'options', options, 'an object with outputs and stride');
  const { outputs, stride } = options;
  check.wholeNumber('widen', 'options.outputs', outputs);
  check.wholeNumber('widen', 'options.stride', stride);
  const [C, H, W] = inputShape;
  if (outputs < C)
    throw new ShapeError(`widen: outputs is ${outputs}; at least the input's ${C} channels are expected`);
  const window = slidingWindow('widen', inputShape, { kernel: 1, stride });
  const { outHeight: OH, outWidth: OW } = window;

  /** Calls `each` with the indices in y and x where each copied row of n images begins. */
  const everyRow = (n: number, each: (y: number, x: number) => void) => {
    for (let i = 0; i < n; i++) {
      for (let c = 0, y = i * outputs * OH * OW; c < C; c++) {
        for (let oy = 0; oy < OH; oy++, y += OW) each(y, ((i * C + c) * H + oy * stride) * W);
      }
    }
  };
  return {
    name,
    weighted: false,
    output: 'own',
    inputShape,
    window,
    outputShape: [outputs, OH, OW],
    writeTo(graph, x) {
      const identity = Array.from({ length: outputs * C }, (_, at) => (Math.floor(at / C) === at % C ? 1 : 0));
      const weight = graph.constant('identity', [outputs, C, 1, 1], identity);
      return graph.operator('Conv', [x, weight], windowAttributes(window));
    },
    bind(_kernels, { x, y, dx, dy }) {
      const up = (to: number, from: number) => {
        for (let ox = 0; ox < OW; ox++) y.data[to + ox] = x.data[from + ox * stride];
      };
      const down = (from: number, to: number) => {
        for (let ox = 0; ox < OW; ox++) dx.data[to + ox * stride] = dy.data[from + ox];
      };
      return {
        forward(n) {
          y.data.fill(0, 0, n * y.size);
          everyRow(n, up);
        },
        backward(n) {
          dx.data.fill(0, 0, n * x.size);
          everyRow(n, down);
        },
      };
    },
  };
}
