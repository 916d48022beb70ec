import { test } from 'tap';
import { crossEntropy } from '../../src/losses/cross-entropy.js';
import { gradientOf } from '../../src/models/workspace.js';
import { float64Kernels } from '../../src/tensor/reference.js';
import { largestDifference, randomLabels, sameBits } from '../helpers/arrays.js';
import { handNetwork } from '../helpers/hand-network.js';
import { lenetOf, noiseImages, parameterGradient, weightsOf } from '../helpers/networks.js';

const images = noiseImages(4, [1, 28, 28]);
const labels = randomLabels(4, 10, 1);

for (const { rule, hidden, pixels } of [
  // e = (1, −2): eB₂ = (1, 1 − 4, 1 − 10), the third unit is silent; eB₁ = (1 − 6, 2 − 8)
  { rule: 'dfa', hidden: [1, -3, 0], pixels: [-5, -6] },
  // y* = (1, 0): the first rows
  { rule: 'drtp', hidden: [1, 1, 0], pixels: [1, 2] },
] as const) {
  test(`${rule}, worked by hand: the hidden error, the weights’ gradients, and what reaches the pixels`, async (t) => {
    const { network, layers, loss, x, y } = handNetwork(rule);
    const { parts } = gradientOf(network, parameterGradient(network, x.data, y, { loss }));
    const [lower, , upper] = layers.map((layer) => parts.get(layer));
    t.same([...(upper?.dw ?? [])], [1, 1, 0, -2, -2, 0], 'the output layer learns by its own error: dW₂ = e hᵀ');
    t.same([...(lower?.db ?? [])], hidden);
    t.same(
      [...(lower?.dw ?? [])],
      hidden.flatMap((delta) => [delta, 2 * delta]),
      'dW₁ = δ₁xᵀ',
    );
    t.same([...network.inputGradient(x, y, { path: 'feedback', loss }).data], pixels);
  });
}

test('in a LeNet, feedback leads from the classes to each layer’s input', async (t) => {
  const { layout } = lenetOf('dfa', float64Kernels());
  t.same(
    layout.feedbackSlots.map(({ shape }) => shape),
    [
      [10, 784],
      [10, 6 * 14 * 14],
      [10, 400],
      [10, 120],
      [10, 84],
    ],
  );
});

test('dfa gives the pixels eB₁, and no weight of the layers between has a part in it', async (t) => {
  const network = lenetOf('dfa', float64Kernels());
  const options = { path: 'feedback', loss: crossEntropy } as const;
  const gradient = network.inputGradient(images, labels, options).data;
  const workspace = network.workspace(4);
  workspace.input.data.set(images.data);
  workspace.forward(4);
  workspace.evaluateLoss(crossEntropy, labels, 4);
  const e = workspace.dlogits.data;
  const b = weightsOf(network, 'conv1.feedback');
  const std = network.layers[0].name === 'normalize' ? 0.3081 : 1;
  const expected = Float64Array.from({ length: 4 * 784 }, (_, at) => {
    const [i, p] = [Math.floor(at / 784), at % 784];
    let sum = 0;
    for (let c = 0; c < 10; c++) sum += e[10 * i + c] * b[784 * c + p];
    return sum / std;
  });
  t.ok(largestDifference(gradient, expected) < 1e-9);
  weightsOf(network, 'conv2.feedback').fill(0);
  t.ok(sameBits(network.inputGradient(images, labels, options).data, gradient));
});

test('drtp’s image at the pixels depends on the label alone', async (t) => {
  const network = lenetOf('drtp', float64Kernels());
  const options = { path: 'feedback', loss: crossEntropy } as const;
  const first = network.inputGradient(images, labels, options).data.slice();
  weightsOf(network, 'fc3.weight').fill(0.25);
  t.ok(sameBits(network.inputGradient(noiseImages(4, [1, 28, 28], 2), labels, options).data, first));
  const moved = Uint8Array.from(labels, (label) => (label + 1) % 10);
  t.notOk(sameBits(network.inputGradient(images, moved, options).data, first));
});
