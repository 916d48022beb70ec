import { activation } from '../../src/layers/activation.js';
import { linear } from '../../src/layers/linear.js';
import { relu } from '../../src/layers/relu.js';
import type { RuleName } from '../../src/rules/index.js';
import { rules } from '../../src/rules/index.js';
import { float64Kernels } from '../../src/tensor/reference.js';
import { tensor } from '../../src/tensor/tensor.js';
import { lossWithGradient, networkOf, weightsOf } from './networks.js';

/**
 * Two inputs, three hidden units with ReLU (of which the last stays silent), two outputs: small enough to be worked by
 * hand. For x = (1, 2) the hidden sums are (1, 1, −1) and the hidden units h = (1, 1, 0); the error at the outputs is
 * δ₂ = (1, −2).
 *
 * ```
 *   W₁ = [ 1 0]   B₁ = [1 2]    W₂ = [1 2 3]   B₂ = [1 1 1]
 *        [-1 1]        [3 4]         [4 5 6]        [0 2 5]
 *        [-1 0]        [5 6]
 * ```
 */
export function handNetwork(rule: RuleName) {
  const layers = [
    linear('fc1', [2], { outputs: 3 }),
    activation('relu', [3], relu),
    linear('fc2', [3], { outputs: 2 }),
  ];
  const network = networkOf(layers, rule, float64Kernels());
  weightsOf(network, 'fc1.weight').set([1, 0, -1, 1, -1, 0]);
  weightsOf(network, 'fc2.weight').set([1, 2, 3, 4, 5, 6]);
  if (rules[rule].usesFeedback) {
    const [b1, b2] = ['fc1.feedback', 'fc2.feedback'].map((name) => weightsOf(network, name));
    b1.set([1, 2, 3, 4, 5, 6].slice(0, b1.length)); // [1 2; 3 4] where B₁ leads from the two outputs
    b2.set([1, 1, 1, 0, 2, 5]);
  }
  const x = tensor(Float64Array.of(1, 2), [1, 2]);
  return { network, layers, loss: lossWithGradient([1, -2]), x, y: Uint8Array.of(0) };
}
