import {
  type Attack,
  type AttackOptions,
  type AttackTarget,
  attackMemory,
  type Oracle,
  type Shows,
} from '../../src/attacks/attack.js';
import { makeExamples } from '../../src/attacks/make-examples.js';
import { activation } from '../../src/layers/activation.js';
import { flatten } from '../../src/layers/flatten.js';
import { linear } from '../../src/layers/linear.js';
import { relu } from '../../src/layers/relu.js';
import { type LossName, losses } from '../../src/losses/index.js';
import type { Network } from '../../src/models/network.js';
import { networkOracle } from '../../src/models/oracle.js';
import type { ClassIndices } from '../../src/tensor/class-indices.js';
import { stream } from '../../src/tensor/random.js';
import { referenceKernels } from '../../src/tensor/reference.js';
import { networkOf, weightsOf } from '../helpers/networks.js';

/** z = W·x + b, with the given rows of W. */
export function linearModel(rows: readonly (readonly number[])[], bias: readonly number[]): Network<Float32Array> {
  const network = networkOf([linear('fc', [rows[0].length], { outputs: rows.length })], 'bp', referenceKernels());
  weightsOf(network, 'fc.weight').set(rows.flat());
  weightsOf(network, 'fc.bias').set(bias);
  return network;
}

/** Two layers with ReLU between them, on images `[1, side, side]` or of the given shape; weights from a seed. */
export function reluModel(shape: readonly number[], seed: number, scale = 1): Network<Float32Array> {
  const size = shape.reduce((product, extent) => product * extent, 1);
  const layers = [
    flatten('flatten', shape),
    linear('fc1', [size], { outputs: 12 }),
    activation('relu', [12], relu),
    linear('fc2', [12], { outputs: 4 }),
  ];
  const network = networkOf(layers, 'bp', referenceKernels(), seed);
  const random = stream(seed).split('relu model');
  for (let p = 0; p < network.parameters.values.length; p++) network.parameters.values[p] = scale * random.normal();
  return network;
}

export interface Run {
  readonly adversarial: Float32Array;
  /** How often the attack says it showed each image to the network. */
  readonly queries: Int32Array;
  /** The loss of each example. */
  readonly losses: Float64Array;
  /** Whether each example is misclassified. */
  readonly fooled: readonly boolean[];
}

export interface RunOptions extends AttackOptions {
  readonly loss?: LossName;
  readonly seed?: number;
  /** Which image of the data set each one is; 0, 1, 2, … by default. */
  readonly indices?: readonly number[];
  /** What stands in the array of examples before; NaN by default. */
  readonly before?: number;
  /** Counts how many images the network was shown in all, and whether a gradient was asked for. */
  readonly onAsked?: (n: number, what: keyof Shows) => void;
}

/** Runs an attack on a network as an audit does. */
export function runAttack(
  attack: Attack,
  network: Network<Float32Array>,
  images: Float32Array,
  labels: ClassIndices,
  { loss = 'margin', seed = 1, indices, before = Number.NaN, onAsked, ...options }: RunOptions,
): Run {
  const n = labels.length;
  const size = images.length / n;
  const own = networkOracle(network, { path: 'true', loss: losses[loss] }, n);
  const oracle: Oracle = {
    ...own,
    gradient: (x, y, count) => {
      onAsked?.(count, 'gradients');
      return own.gradient(x, y, count);
    },
    query: (x, y, count) => {
      onAsked?.(count, 'forwards');
      own.query(x, y, count);
    },
    toward: (x, y, targets, count) => {
      onAsked?.(count, 'gradients');
      return own.toward?.(x, y, targets, count) as Float32Array;
    },
  };
  const target: AttackTarget = {
    images,
    labels,
    n,
    gradient: oracle.gradient,
    oracle,
    shape: network.inputShape,
    random: (i) => stream(seed).split(indices?.[i] ?? i),
  };
  const memory = attackMemory(referenceKernels(), n, size);
  const adversarial = new Float32Array(images.length).fill(before);
  makeExamples(attack, target, options, memory, adversarial);
  own.query(adversarial, labels, n);
  const predictions = own.predictions(n);
  return {
    adversarial,
    queries: memory.queries.slice(0, n),
    losses: own.losses.slice(0, n),
    fooled: Array.from(labels, (label, i) => predictions[i] !== label),
  };
}

/** x + ε·sign(w), clipped to [0, 1]: where a linear loss with gradient w is largest in the ball. */
export const linearOptimum = (x: Float32Array, w: readonly number[], epsilon: number): Float32Array =>
  x.map((value, p) => Math.min(1, Math.max(0, value + epsilon * Math.sign(w[p % w.length]))));
