import { type RuleName, rules } from '../rules/index.js';
import type { Kernels } from '../tensor/kernels.js';
import { referenceKernels } from '../tensor/reference.js';
import { buildLayers, type ModelName, type NetworkSpec } from './index.js';
import type { InitializerName } from './initialize.js';
import type { ActivationName } from './lenet.js';
import { Network } from './network.js';
import { initialParameters } from './parameters.js';

/** What a data set says about the network that is to classify it. */
interface ImageFacts {
  /** `[C, H, W]` */
  readonly shape: readonly number[];
  readonly classes: readonly string[];
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** The network for a data set: LeNet-5 with ReLU and max-pooling, unless the options say otherwise. */
export const networkSpec = (
  { shape, classes, mean, std }: ImageFacts,
  { model = 'lenet5', activation = 'relu' }: { model?: ModelName; activation?: ActivationName } = {},
): NetworkSpec => ({ model, activation, inputShape: shape, classes: classes.length, mean, std });

/**
 * An untrained network.
 *
 * @param options.kernels the plain ones by default; `await loadKernels()` gives the fastest there are
 */
export function createNetwork(
  spec: NetworkSpec,
  options: {
    readonly rule: RuleName;
    readonly seed?: number;
    readonly initializer?: InitializerName;
    readonly kernels?: Kernels<Float32Array>;
  },
): Network<Float32Array> {
  const { rule, seed = 1, initializer = 'kaiming-uniform', kernels = referenceKernels() } = options;
  const layers = buildLayers(spec);
  const { usesFeedback } = rules[rule];
  return new Network(
    layers,
    rules[rule],
    kernels,
    initialParameters(layers, kernels, { seed, initializer, usesFeedback }),
  );
}
