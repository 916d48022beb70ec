import type { RandomStream } from '../tensor/random.js';
import type { FloatArray } from '../tensor/tensor.js';

/** How weights, and feedback weights, begin. Biases begin at zero. */
export const initializers = {
  /** Normal with σ = 0.1, redrawn beyond 2σ, whatever the layer (TensorFlow's old tutorial LeNet). */
  'truncated-normal': (weights: FloatArray, _fanIn: number, random: RandomStream): void => {
    for (let i = 0; i < weights.length; i++) weights[i] = 0.1 * random.truncatedNormal(2);
  },
  /** Uniform in ±1/√fanIn (PyTorch's default: Kaiming-uniform with a = √5). */
  'kaiming-uniform': (weights: FloatArray, fanIn: number, random: RandomStream): void => {
    const bound = 1 / Math.sqrt(fanIn);
    for (let i = 0; i < weights.length; i++) weights[i] = bound * (2 * random.uniform() - 1);
  },
} satisfies Record<string, (weights: FloatArray, fanIn: number, random: RandomStream) => void>;

export type InitializerName = keyof typeof initializers;
