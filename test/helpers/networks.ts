import type { Layer } from '../../src/layers/layer.js';
import type { Loss } from '../../src/losses/loss.js';
import { buildLayers, type NetworkSpec } from '../../src/models/index.js';
import { Network } from '../../src/models/network.js';
import { initialParameters, view } from '../../src/models/parameters.js';
import { gradientOf } from '../../src/models/workspace.js';
import { type RuleName, rules } from '../../src/rules/index.js';
import type { LearningRule } from '../../src/rules/rule.js';
import type { Kernels } from '../../src/tensor/kernels.js';
import { stream } from '../../src/tensor/random.js';
import { type FloatArray, type Tensor, tensor } from '../../src/tensor/tensor.js';
import { pixels } from './arrays.js';

/** LeNet-5 as MNIST asks for it. */
export const mnistSpec: NetworkSpec = {
  model: 'lenet5',
  inputShape: [1, 28, 28],
  classes: 10,
  mean: [0.1307],
  std: [0.3081],
  activation: 'relu',
};

/** LeNet-5 as CIFAR-10 asks for it. */
export const cifarSpec: NetworkSpec = {
  ...mnistSpec,
  inputShape: [3, 32, 32],
  mean: [0.5, 0.5, 0.5],
  std: [0.2, 0.2, 0.2],
};

/** A network of the given layers with fresh weights, and feedback weights where the rule uses them. */
export function networkOf<A extends FloatArray>(
  layers: readonly Layer[],
  rule: RuleName,
  kernels: Kernels<A>,
  seed = 1,
): Network<A> {
  const parameters = initialParameters(layers, kernels, { ...rules[rule], seed, initializer: 'kaiming-uniform' });
  return new Network(layers, rules[rule], kernels, parameters);
}

/** A fresh LeNet-5. */
export const lenetOf = <A extends FloatArray>(
  rule: RuleName,
  kernels: Kernels<A>,
  spec: NetworkSpec = mnistSpec,
): Network<A> => networkOf(buildLayers(spec), rule, kernels);

/** Images of noise, `[count, …shape]`. */
export const noiseImages = (count: number, shape: readonly number[], seed = 1): Tensor<Float32Array> =>
  tensor(pixels(count * shape.reduce((product, extent) => product * extent, 1), seed), [count, ...shape]);

/** A network's part of the parameters that is called `name`, to read or to write. */
export const weightsOf = <A extends FloatArray>({ parameters, layout }: Network<A>, name: string): A =>
  name.endsWith('.feedback')
    ? view(parameters.feedback, layout.feedbackSlots, name)
    : view(parameters.values, layout.slots, name);

/** The gradient of the n images' summed loss with respect to all parameters, the error carried down by `rule`. */
export function parameterGradient<A extends FloatArray>(
  network: Network<A>,
  images: FloatArray,
  labels: Uint8Array,
  options: { readonly loss: Loss; readonly rule?: LearningRule },
): A {
  const n = labels.length;
  const workspace = network.workspace(n);
  workspace.input.data.set(images);
  workspace.forward(n);
  workspace.evaluateLoss(options.loss, labels, n);
  const gradient = gradientOf(network, network.kernels.alloc(network.layout.parameterCount));
  workspace.backward(n, { rule: options.rule ?? network.rule, gradient, toPixels: false });
  return gradient.flat;
}

/** Σ r·z with r drawn once from a stream: a loss under which no logit goes untested. */
export const projection: Loss = {
  title: 'random projection',
  evaluate(logits, _labels, n, classes, losses, dlogits) {
    const random = stream(1).split('projection');
    for (let i = 0; i < n; i++) {
      losses[i] = 0;
      for (let j = i * classes; j < (i + 1) * classes; j++) {
        dlogits[j] = random.normal();
        losses[i] += dlogits[j] * logits[j];
      }
    }
  },
};

/** A loss whose gradient is what the test says, whatever the logits are. */
export const lossWithGradient = (gradient: readonly number[]): Loss => ({
  title: 'a given gradient',
  evaluate(logits, _labels, n, classes, losses, dlogits) {
    for (let i = 0; i < n; i++) {
      losses[i] = 0;
      for (let j = 0; j < classes; j++) {
        dlogits[i * classes + j] = gradient[j];
        losses[i] += gradient[j] * logits[i * classes + j];
      }
    }
  },
});
