/* One number of a trace, and the sum that makes it with the actual numbers in it. */
import * as check from '../check.js';
import type { Window } from '../tensor/im2col.js';
import { sizeOf } from '../tensor/tensor.js';
import { checkTrace, type LayerTrace, type Trace } from './trace.js';
import { type Factor, Names, ONE } from './trace-names.js';
import { checkPlace, nameOf, type Place, placeAt, type TracedTensor, valuesOf, type Way, ways } from './trace-place.js';

/** value = constant + Σ left · right; or a function of a few numbers, where it is no sum. */
export interface Equation {
  readonly name: string;
  /** As the network computed it, rounding and all. */
  readonly value: number;
  /** In the letters of the docstrings in src/layers. */
  readonly formula: string;
  readonly constant?: Factor;
  readonly terms: readonly { readonly left: Factor; readonly right: Factor }[];
  /** The numbers it is a function of. */
  readonly inputs: readonly Factor[];
}

/**
 * The number at a place, with the sum that makes it.
 *
 * @throws {RangeError | ShapeError | TypeError} if there is no such place or way, or no trace
 */
export function equation(trace: Trace, place: Place, way: Way): Equation {
  checkTrace('equation', trace);
  checkPlace('equation', place, trace.layers.length);
  check.oneOf('equation', 'way', way, ways);
  const { layers } = trace;
  const { tensor, index, offset } = place;
  const maker = makerOf(layers, place);
  if (maker) return equation(trace, placeAt(trace, ...maker, offset), way);
  const layer = layers[place.layer];
  const value = valuesOf(layer, tensor, way)[offset];
  const name = nameOf(layer, tensor, index);
  const made = makers[tensor](new Names(trace, layer, way), index, offset);
  return { name, value, terms: [], inputs: [], ...made };
}

/**
 * The layer and tensor that the number comes from as it is: a layer's x is what the one below has put out, and its dy
 * the error that the one above has sent; at the ends of a block's side they are the block's own.
 */
function makerOf(
  layers: readonly LayerTrace[],
  { layer, tensor }: Place,
): [layer: number, tensor: TracedTensor] | undefined {
  if (tensor !== 'x' && tensor !== 'dy') return undefined;
  const block = layers.findIndex(({ sides }) => sides?.flat().includes(layer));
  const inside = new Set(layers.flatMap(({ sides = [] }) => sides.flat()));
  const stack =
    layers[block]?.sides?.find((side) => side.includes(layer)) ?? [...layers.keys()].filter((l) => !inside.has(l));
  const next = stack[stack.indexOf(layer) + (tensor === 'x' ? -1 : 1)];
  if (next !== undefined) return [next, tensor === 'x' ? 'y' : 'dx'];
  return block < 0 ? undefined : [block, tensor];
}

type Made = Pick<Equation, 'formula'> & Partial<Equation>;

const makers: Readonly<Record<TracedTensor, (names: Names, index: readonly number[], offset: number) => Made>> = {
  x: () => ({ formula: 'a pixel of the image' }),
  dy: ({ trace }, [j]) => ({
    formula: `dLoss/dz[${j}] of the loss; its softmax[${j}] is ${Number(trace.probabilities[j].toPrecision(4))}, the true class ${trace.label}`,
  }),
  y: forwardEquation,
  dx: errorEquation,
  weight: weightEquation,
  bias(names, [o]) {
    const { outputShape } = names.layer;
    const places = sizeOf(outputShape.slice(1));
    const terms = Array.from({ length: places }, (_, p) => names.term(names.error(o * places + p), ONE));
    return { formula: places > 1 ? 'db[o] = Σ_{oy,ox} dy[o,oy,ox]' : 'db[o] = dy[o]', terms };
  },
};

function forwardEquation(names: Names, index: readonly number[], offset: number): Made {
  const { layer, input, term, weight, bias } = names;
  const { window, weights, inputShape } = layer;
  if (layer.sides) {
    return { formula: 'y = layers(x) + shortcut(x)', terms: names.ofSides('y', offset).map((y) => term(y, ONE)) };
  }
  if (layer.normalization) {
    return {
      formula: 'y = γ[c] · x̂ + β[c], where x̂ = (x − μ[c]) / √(v[c] + ε), μ and v the averages kept in learning',
      constant: bias(index[0]),
      terms: [term(weight(index[0]), names.normalized(offset, index[0]))],
    };
  }
  if (weights && window) {
    const taps = tapsOf(window, index);
    return {
      formula: 'y[o,oy,ox] = b[o] + Σ_{c,ky,kx} w[o,c,ky,kx] · x[c,oy·s+ky−p,ox·s+kx−p]',
      ...(weights.bias.length > 0 && { constant: bias(index[0]) }),
      terms: taps.map(({ tap, pixel }) =>
        term(weight(index[0] * (weights.shape[1] * window.kernel ** 2) + tap), input(pixel)),
      ),
    };
  }
  if (weights) {
    const inputs = sizeOf(inputShape);
    return {
      formula: 'y[o] = b[o] + Σ_i w[o,i] · x[i]',
      constant: bias(offset),
      terms: Array.from({ length: inputs }, (_, i) => term(weight(offset * inputs + i), input(i))),
    };
  }
  if (window && index[0] >= window.channels) return { formula: 'y = 0: a map that x has not' };
  if (window?.kernel === 1) {
    const [{ pixel }] = tapsOf({ ...window, channels: 1 }, index);
    return { formula: 'y = x under it', inputs: [input(index[0] * window.height * window.width + pixel)] };
  }
  if (window) {
    const inputs = tapsOf({ ...window, channels: 1 }, index).map(({ pixel }) =>
      input(index[0] * window.height * window.width + pixel),
    );
    const largest = inputs.reduce((most, { value }) => Math.max(most, value), Number.NEGATIVE_INFINITY);
    return { formula: largest === layer.y[offset] ? 'y = max of its window' : 'y = mean of its window', inputs };
  }
  return { formula: 'y = φ(x), number by number', inputs: [input(offset)] };
}

function errorEquation(names: Names, index: readonly number[], offset: number): Made {
  const { layer, error, carrier, carrierName, term, slope } = names;
  const { window, weights, outputShape } = layer;
  const letter = { weight: 'w', feedback: 'b' }[carrierName] ?? 'c';
  const { direct } = names;
  if (layer.sides) {
    return {
      formula: 'dx = the errors below both sides',
      terms: names.ofSides('dx', offset).map((dx) => term(dx, ONE)),
    };
  }
  if (layer.normalization) {
    return { formula: 'dx = γ[c] / √(v[c] + ε) · dy', terms: [term(slope(offset), error(offset))] };
  }
  if (weights && direct) {
    const [formula, sent] = {
      output: ['dx[i] = Σ_c b[c,i] · dLoss/dz[c], straight from the output', names.outputError],
      target: ['dx[i] = Σ_c b[c,i] · y*[c], y* the true class as a one-hot vector', names.target],
    }[direct.what] as [string, (c: number) => Factor];
    const { length } = names.trace.logits;
    return { formula, terms: Array.from({ length }, (_, c) => term(names.directly(c, offset), sent(c))) };
  }
  if (weights && names.carriers.length === 0) return { formula: 'nothing: the rule sends no error below this layer' };
  if (weights && window) {
    return {
      formula: `dx[c,y,x] = Σ_{o,ky,kx} ${letter}[o,c,ky,kx] · dy[o,oy,ox], where oy·s+ky−p = y and ox·s+kx−p = x`,
      terms: windowsOver(window, index, outputShape[0]).map(({ tap, output }) => term(carrier(tap), error(output))),
    };
  }
  if (weights) {
    const inputs = sizeOf(layer.inputShape);
    return {
      formula: `dx[i] = Σ_o ${letter}[o,i] · dy[o]`,
      terms: Array.from({ length: outputShape[0] }, (_, o) => term(carrier(o * inputs + offset), error(o))),
    };
  }
  if (window) {
    const [c, y, x] = index;
    const [oy, ox] = [Math.floor(y / window.stride), Math.floor(x / window.stride)];
    const under = (at: number) => at % window.stride < window.kernel; // else no window covers it
    const apart = window.stride >= window.kernel; // no two windows cover the same pixel
    const covered = apart && under(y) && under(x) && oy < window.outHeight && ox < window.outWidth;
    const above = (c * window.outHeight + oy) * window.outWidth + ox;
    return { formula: 'dx = ∂y/∂x · dy of its window', terms: covered ? [term(slope(offset), error(above))] : [] };
  }
  return { formula: 'dx = φ′(x) · dy, number by number', terms: [term(slope(offset), error(offset))] };
}

function weightEquation(names: Names, index: readonly number[]): Made {
  const { layer, error, input, term } = names;
  const { window } = layer;
  if (layer.normalization) {
    const [c] = index;
    const places = sizeOf(layer.outputShape.slice(1));
    const terms = Array.from({ length: places }, (_, p) => c * places + p).map((at) =>
      term(error(at), names.normalized(at, c)),
    );
    return { formula: 'dγ[c] = Σ dy · x̂ over the channel, where x̂ = (x − μ[c]) / √(v[c] + ε)', terms };
  }
  if (!window) return { formula: 'dw[o,i] = dy[o] · x[i]', terms: [term(error(index[0]), input(index[1]))] };
  const [o, c, ky, kx] = index;
  const { outHeight, outWidth, stride, padding, height, width } = window;
  const terms = [];
  for (let oy = 0; oy < outHeight; oy++) {
    for (let ox = 0; ox < outWidth; ox++) {
      const [y, x] = [oy * stride + ky - padding, ox * stride + kx - padding];
      if (y < 0 || y >= height || x < 0 || x >= width) continue;
      terms.push(term(error((o * outHeight + oy) * outWidth + ox), input((c * height + y) * width + x)));
    }
  }
  return { formula: 'dw[o,c,ky,kx] = Σ_{oy,ox} dy[o,oy,ox] · x[c,oy·s+ky−p,ox·s+kx−p]', terms };
}

/** The taps of a window standing at output [·, oy, ox], each with the pixel under it; those over the edge left out. */
function tapsOf(window: Window, [, oy, ox]: readonly number[]): { tap: number; pixel: number }[] {
  const { channels, height, width, kernel, stride, padding } = window;
  const taps = [];
  for (let c = 0, tap = 0; c < channels; c++) {
    for (let ky = 0; ky < kernel; ky++) {
      for (let kx = 0; kx < kernel; kx++, tap++) {
        const [y, x] = [oy * stride + ky - padding, ox * stride + kx - padding];
        if (y >= 0 && y < height && x >= 0 && x < width) taps.push({ tap, pixel: (c * height + y) * width + x });
      }
    }
  }
  return taps;
}

/** The outputs whose window covers pixel [c, y, x], each with the weight by which it does. */
function windowsOver(window: Window, [c, y, x]: readonly number[], outputs: number): { tap: number; output: number }[] {
  const { channels, kernel, stride, padding, outHeight, outWidth } = window;
  const found = [];
  for (let o = 0; o < outputs; o++) {
    for (let ky = 0; ky < kernel; ky++) {
      for (let kx = 0; kx < kernel; kx++) {
        const [oy, ox] = [(y + padding - ky) / stride, (x + padding - kx) / stride];
        if (!(Number.isInteger(oy) && Number.isInteger(ox))) continue;
        if (oy < 0 || oy >= outHeight || ox < 0 || ox >= outWidth) continue;
        const tap = ((o * channels + c) * kernel + ky) * kernel + kx;
        found.push({ tap, output: (o * outHeight + oy) * outWidth + ox });
      }
    }
  }
  return found;
}
