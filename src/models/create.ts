import * as check from '../check.js';
import { type RuleName, rules } from '../rules/index.js';
import { MOST_CLASSES } from '../tensor/class-indices.js';
import type { Kernels } from '../tensor/kernels.js';
import { checkKernels } from '../tensor/kernels.js';
import { referenceKernels } from '../tensor/reference.js';
import { buildLayers, checkSpec, type ModelName, models, type NetworkSpec } from './index.js';
import { defaultInitializer, type InitializerName, initializers } from './initialize.js';
import { type ActivationName, activations } from './lenet.js';
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

/**
 * The network for a data set: LeNet-5 with ReLU and max-pooling, unless the options say otherwise.
 *
 * @throws {ShapeError | RangeError | TypeError} if the data set says nothing usable, or an option is unknown
 */
export function networkSpec(
  dataset: ImageFacts,
  options: { readonly model?: ModelName; readonly activation?: ActivationName } = {},
): NetworkSpec {
  check.object('networkSpec', 'dataset', dataset, 'a data set');
  check.object('networkSpec', 'options', options, 'an object with model and activation');
  const { shape, classes, mean, std } = dataset;
  const { model = 'lenet5', activation = 'relu' } = options;
  check.shape('networkSpec', 'dataset.shape', shape, ['C', 'H', 'W']);
  check.list('networkSpec', 'dataset.classes', classes, 'an array with what each class means');
  check.wholeNumber('networkSpec', 'dataset.classes.length', classes.length, { from: 2, to: MOST_CLASSES });
  check.numbers('networkSpec', 'dataset.mean', mean, {}, shape[0]);
  check.numbers('networkSpec', 'dataset.std', std, { above: 0 }, shape[0]);
  check.oneOf('networkSpec', 'options.model', model, Object.keys(models));
  check.oneOf('networkSpec', 'options.activation', activation, Object.keys(activations));
  return { model, activation, inputShape: shape, classes: classes.length, mean, std };
}

/**
 * An untrained network.
 *
 * @param options.kernels the plain ones by default; `await loadKernels()` gives the fastest there are
 * @throws {ShapeError | RangeError | TypeError} if the specification or an option is unusable
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
  checkSpec('createNetwork', spec);
  check.options('createNetwork', 'options', options, ['rule', 'seed', 'initializer', 'kernels']);
  const { rule, seed = 1, initializer = defaultInitializer, kernels = referenceKernels() } = options;
  check.oneOf('createNetwork', 'options.rule', rule, Object.keys(rules));
  check.seed('createNetwork', 'options.seed', seed);
  check.oneOf('createNetwork', 'options.initializer', initializer, Object.keys(initializers));
  checkKernels('createNetwork', 'options.kernels', kernels);
  const layers = buildLayers(spec);
  return new Network(
    layers,
    rules[rule],
    kernels,
    initialParameters(layers, kernels, { ...rules[rule], seed, initializer }),
  );
}
