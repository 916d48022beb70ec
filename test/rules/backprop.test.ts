import { test } from 'tap';
import { crossEntropy } from '../../src/losses/cross-entropy.js';
import { checkGradients } from '../../src/metrics/gradient-check.js';
import { lenet5 } from '../../src/models/lenet.js';
import { rules } from '../../src/rules/index.js';
import { mnistSpec } from '../helpers/networks.js';

test('the error goes down through the weights themselves', async (t) => {
  const [weight, feedback] = [Float32Array.of(1), Float32Array.of(2)];
  const sent: Float32Array[] = [];
  rules.bp.errorBelow({ weight, feedback, send: (carrier) => sent.push(carrier) });
  t.equal(sent.length, 1);
  t.equal(sent[0], weight);
  t.equal(rules.bp.usesFeedback, false);
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
