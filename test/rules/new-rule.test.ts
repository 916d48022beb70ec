import { test } from 'tap';
import { linear } from '../../src/layers/linear.js';
import { crossEntropy } from '../../src/losses/cross-entropy.js';
import { Network } from '../../src/models/network.js';
import { initialParameters } from '../../src/models/parameters.js';
import { Workspace } from '../../src/models/workspace.js';
import { backprop } from '../../src/rules/backprop.js';
import type { LearningRule } from '../../src/rules/rule.js';
import { loadKernels } from '../../src/tensor/backends.js';
import { backends } from '../../src/tensor/kernels.js';

/** As the README writes it. */
const signSymmetry: LearningRule = {
  title: 'sign symmetry',
  label: 'SS',
  usesFeedback: false,
  errorBelow({ weight, scratch, send }) {
    const signs = scratch();
    for (let i = 0; i < weight.length; i++) signs[i] = Math.sign(weight[i]);
    send(signs);
  },
};

for (const backend of backends) {
  test(`a rule that computes its carrier needs no change elsewhere (${backend} kernels)`, async (t) => {
    const kernels = await loadKernels(backend);
    const layers = [linear('fc1', [6], { outputs: 5 }), linear('fc2', [5], { outputs: 3 })];
    const options = { seed: 1, initializer: 'kaiming-uniform', usesFeedback: false } as const;
    const parameters = initialParameters(layers, kernels, options);
    const network = new Network(layers, signSymmetry, kernels, parameters);
    const workspace = new Workspace(network, 2);
    workspace.input.data.set([0.1, 0.5, 0.3, 0.9, 0.2, 0.7, 0.4, 0.6, 0.8, 0.1, 0.3, 0.5]);
    const gradientBy = (rule: LearningRule) => {
      workspace.forward(2);
      workspace.evaluateLoss(crossEntropy, Uint8Array.of(0, 2), 2);
      workspace.backward(2, { rule, toPixels: true });
      return [...workspace.inputGradient.data];
    };
    t.notSame(gradientBy(signSymmetry), gradientBy(backprop), 'with weights of any size the two differ');
    for (let i = 0; i < parameters.values.length; i++) parameters.values[i] = Math.sign(parameters.values[i]);
    const signs = gradientBy(signSymmetry);
    t.same(signs, gradientBy(backprop), 'with weights of 1 and −1 they are the same to the bit');
    t.ok(signs.some((value) => value !== 0));
  });
}
