import { test } from 'tap';
import { crossEntropy } from '../../src/losses/cross-entropy.js';
import { checkGradients } from '../../src/metrics/gradient-check.js';
import { lenet5 } from '../../src/models/lenet.js';
import { gradientOf } from '../../src/models/workspace.js';
import { rules } from '../../src/rules/index.js';
import { handNetwork } from '../helpers/hand-network.js';
import { mnistSpec, parameterGradient } from '../helpers/networks.js';

test('δ = φ′ ⊙ Wᵀδ, worked by hand in a network of two layers', async (t) => {
  const { network, layers, loss, x, y } = handNetwork('bp');
  const { parts } = gradientOf(network, parameterGradient(network, x.data, y, { loss }));
  const [lower, , upper] = layers.map((layer) => parts.get(layer));
  t.same([...(upper?.dw ?? [])], [1, 1, 0, -2, -2, 0], 'dW₂ = δ₂hᵀ');
  t.same([...(upper?.db ?? [])], [1, -2]);
  // W₂ᵀδ₂ = (1 − 8, 2 − 10, 3 − 12); the third unit is silent: δ₁ = (−7, −8, 0).
  t.same([...(lower?.db ?? [])], [-7, -8, 0]);
  t.same([...(lower?.dw ?? [])], [-7, -14, -8, -16, 0, 0], 'dW₁ = δ₁xᵀ');
  for (const path of ['feedback', 'true'] as const) {
    t.same([...network.inputGradient(x, y, { path, loss }).data], [-7 + 8, -8], 'W₁ᵀδ₁, by either path');
  }
});

test('backpropagation has no feedback weights', async (t) => {
  t.equal(rules.bp.usesFeedback, false);
  t.equal(handNetwork('bp').network.parameters.feedback.length, 0);
});

// Sigmoids leave so little of the error (at most a quarter each) that the differences' own rounding shows sooner.
for (const [activation, tolerance] of [
  ['relu', 1e-6],
  ['tanh', 1e-6],
  ['sigmoid', 1e-5],
] as const) {
  test(`backpropagation through a LeNet-5 with ${activation} agrees with central differences to ${tolerance}`, async (t) => {
    const subject = { name: activation, layers: lenet5({ ...mnistSpec, activation }), loss: crossEntropy };
    const checks = checkGradients(subject, 1);
    t.same(
      checks.map(({ variable }) => variable),
      ['input', ...['conv1', 'conv2', 'fc1', 'fc2', 'fc3'].flatMap((name) => [`${name}.weight`, `${name}.bias`])],
    );
    for (const { variable, relativeError } of checks) {
      t.ok(relativeError < tolerance && relativeError > 0, `${variable}: ${relativeError}`);
    }
  });
}
