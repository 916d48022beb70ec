import type { Kernels } from '../tensor/kernels.js';
import type { RandomStream } from '../tensor/random.js';
import type { FloatArray } from '../tensor/tensor.js';
import { truncatedNormalQuantile } from '../tensor/truncated-normal.js';

/** Of the truncated normal: σ, and how many σ the largest weight is. */
const SIGMA = 0.1;
const CUT = 2;

/** How weights, and feedback weights, begin. Biases begin at zero. */
export const initializers = {
  /** Normal with σ = 0.1, redrawn beyond 2σ, whatever the layer (TensorFlow's old tutorial LeNet). */
  'truncated-normal': (weights: FloatArray, _fanIn: number, random: RandomStream): void => {
    for (let i = 0; i < weights.length; i++) weights[i] = SIGMA * random.truncatedNormal(CUT);
  },
  /** Uniform in ±1/√fanIn (PyTorch's default: Kaiming-uniform with a = √5). */
  'kaiming-uniform': (weights: FloatArray, fanIn: number, random: RandomStream): void => {
    const bound = 1 / Math.sqrt(fanIn);
    for (let i = 0; i < weights.length; i++) weights[i] = bound * (2 * random.uniform() - 1);
  },
} satisfies Record<string, (weights: FloatArray, fanIn: number, random: RandomStream) => void>;

export type InitializerName = keyof typeof initializers;

/** The initializer of a network that names none. */
export const defaultInitializer = 'kaiming-uniform' satisfies InitializerName;

/**
 * Turns numbers that are uniform in [−1, 1) into a draw from the initializer's distribution, in place. Feedback weights
 * that are redrawn in every step come from a generator of uniform numbers, of which any thread draws any part.
 */
export const fromUniform: Readonly<
  Record<InitializerName, (kernels: Kernels<Float32Array>, numbers: Float32Array, fanIn: number) => void>
> = {
  'truncated-normal': (_kernels, numbers) => {
    quantile ??= truncatedNormalQuantile(CUT);
    for (let i = 0; i < numbers.length; i++) numbers[i] = SIGMA * quantile(numbers[i]);
  },
  'kaiming-uniform': (kernels, numbers, fanIn) => kernels.rescale(numbers, numbers.length, fanIn ** -0.5),
};

/** Made at the first use: its table takes a few milliseconds. */
let quantile: ((u: number) => number) | undefined;
