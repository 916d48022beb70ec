/* What float32 makes of a network's logits at the clean images. */
import type { Network } from '../models/network.js';
import { view } from '../models/parameters.js';
import type { LogitHealth } from './findings.js';

/** From here on the softmax counts as saturated for an image: its share for the true class. */
const NEAR_ONE = 0.99;

/** What was seen of one image's logits. */
interface ImageLogits {
  /** The largest logit minus the smallest. */
  readonly spread: number;
  /** The mean of the logits. */
  readonly offset: number;
  /** The largest size of a logit. */
  readonly largest: number;
  readonly nearOne: boolean;
  readonly one: boolean;
  readonly uniform: boolean;
  readonly tied: boolean;
  readonly withinRounding: boolean;
}

/** What was seen of the logits of a piece's images, those alone whose logits are finite. */
export interface LogitPiece {
  readonly images: readonly ImageLogits[];
  /** How many images the last layer gives another class when it is computed in float64; undefined if it isn't linear. */
  readonly otherInFloat64: number | undefined;
}

/** The distance from a number of this size to the next larger float32. */
export const float32Spacing = (size: number): number => 2 ** (Math.max(Math.floor(Math.log2(size)), -126) - 23);

/** @param label the true class */
export function lookAtLogits(logits: ArrayLike<number>, label: number): ImageLogits {
  const all = Array.from(logits);
  const [first, second = first] = [...all].sort((a, b) => b - a);
  const spread = first - Math.min(...all);
  const largest = Math.max(...all.map(Math.abs));
  const shares = all.map((z) => Math.exp(z - first));
  const own = shares[label] / shares.reduce((sum, share) => sum + share, 0);
  return {
    spread,
    offset: all.reduce((sum, z) => sum + z, 0) / all.length,
    largest,
    nearOne: own >= NEAR_ONE,
    one: Math.fround(own) === 1,
    uniform: spread > 0 && Math.fround(Math.exp(-spread)) === 1,
    tied: first === second,
    withinRounding: first - second <= float32Spacing(largest),
  };
}

/** A sum that differs from the layer's own by more than this share of its terms is another function than the layer. */
const SAME_FUNCTION = 1e-3;

/**
 * Counts images that get another class when the last layer, y = x·Wᵀ + b, is computed in float64 from its float32 input.
 *
 * @param batch n images
 * @returns undefined where the last layer is another function
 */
export function countOtherInFloat64(
  network: Network<Float32Array>,
  batch: Float32Array,
  n: number,
): number | undefined {
  const last = network.layers[network.layers.length - 1];
  if (!last.weighted || last.weightShape.length !== 2) return undefined;
  const { classes, parameters, layout } = network;
  const tensorOf = (name: string) => view(parameters.values, layout.slots, `${last.name}.${name}`);
  const weight = tensorOf('weight');
  const bias = last.biasShape ? tensorOf('bias') : new Float32Array(classes);
  const inputs = weight.length / classes;
  const workspace = network.workspace(network.pass);
  const { input, logits, layerMemory } = workspace;
  const { x } = layerMemory[layerMemory.length - 1].buffers;
  let others = 0;
  for (let from = 0; from < n; from += workspace.capacity) {
    const count = Math.min(workspace.capacity, n - from);
    input.data.set(batch.subarray(from * input.size, (from + count) * input.size));
    workspace.forward(count);
    for (let i = 0; i < count; i++) {
      const own = logits.images[i];
      if (!own.every(Number.isFinite)) continue;
      const exact = rowInFloat64(x.images[i], weight, bias, inputs);
      if (exact.some(({ sum, size }, c) => Math.abs(sum - own[c]) > SAME_FUNCTION * size)) return undefined;
      if (largestAt(exact.map(({ sum }) => sum)) !== largestAt(own)) others++;
    }
  }
  return others;
}

/** Each class's Σ x·w + b, and the sum of its terms' sizes. */
const rowInFloat64 = (x: Float32Array, weight: Float32Array, bias: Float32Array, inputs: number) =>
  Array.from(bias, (start, c) => {
    let [sum, size] = [start, Math.abs(start)];
    for (let k = 0; k < inputs; k++) {
      const term = x[k] * weight[c * inputs + k];
      sum += term;
      size += Math.abs(term);
    }
    return { sum, size };
  });

/** The first, on a tie. */
const largestAt = (values: ArrayLike<number>): number => {
  let best = 0;
  for (let c = 1; c < values.length; c++) if (values[c] > values[best]) best = c;
  return best;
};

/** Adds the pieces up. */
export function logitHealth(pieces: readonly LogitPiece[]): LogitHealth {
  const all = pieces.flatMap(({ images }) => images);
  const known = pieces.every(({ otherInFloat64 }) => otherInFloat64 !== undefined);
  const countOf = (is: (image: ImageLogits) => boolean) => all.filter(is).length;
  return {
    images: all.length,
    nearOne: countOf(({ nearOne }) => nearOne),
    one: countOf(({ one }) => one),
    uniform: countOf(({ uniform }) => uniform),
    spread: median(all.map(({ spread }) => spread)),
    offset: median(all.map(({ offset }) => offset)),
    largest: Math.max(0, ...all.map(({ largest }) => largest)),
    tied: countOf(({ tied }) => tied),
    withinRounding: countOf(({ withinRounding }) => withinRounding),
    ...(known && { otherInFloat64: pieces.reduce((sum, { otherInFloat64 = 0 }) => sum + otherInFloat64, 0) }),
  };
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.round((values.length - 1) / 2)] ?? 0;
