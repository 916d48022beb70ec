import { test } from 'tap';
import { activation } from '../../src/layers/activation.js';
import type { WeightedLayer } from '../../src/layers/layer.js';
import { linear } from '../../src/layers/linear.js';
import { relu } from '../../src/layers/relu.js';
import { crossEntropy } from '../../src/losses/cross-entropy.js';
import { gradientOf, Workspace } from '../../src/models/workspace.js';
import { float64Kernels, referenceKernels } from '../../src/tensor/reference.js';
import { normals, randomLabels, relativeDifference, sameBits } from '../helpers/arrays.js';
import { lenetOf, networkOf, noiseImages, parameterGradient, weightsOf } from '../helpers/networks.js';

const images = noiseImages(5, [1, 28, 28]);
const labels = randomLabels(5, 10, 1);

/** A LeNet that has seen the images and evaluated their losses. */
function evaluated() {
  const network = lenetOf('fa', referenceKernels());
  const workspace = new Workspace(network, 5);
  workspace.input.data.set(images.data);
  workspace.forward(5);
  workspace.evaluateLoss(crossEntropy, labels, 5);
  const gradient = gradientOf(network, network.kernels.alloc(network.layout.parameterCount));
  return { network, workspace, gradient };
}

test('the gradient of a batch is the sum of its images’ gradients, to float accuracy', async (t) => {
  const network = lenetOf('fa', float64Kernels());
  const whole = parameterGradient(network, images.data, labels, { loss: crossEntropy });
  const sum = new Float64Array(whole.length);
  for (let i = 0; i < 5; i++) {
    const image = images.data.subarray(i * 784, (i + 1) * 784);
    const own = parameterGradient(network, image, labels.slice(i, i + 1), { loss: crossEntropy });
    for (let p = 0; p < sum.length; p++) sum[p] += own[p];
  }
  t.ok(relativeDifference(whole, sum) < 1e-14);
});

test('a pass may begin at the lowest layer whose weights have changed', async (t) => {
  const [parts, whole] = [evaluated(), evaluated()];
  const { layers } = parts.network;
  for (const name of ['fc3', 'fc1', 'conv2', 'conv1']) {
    const before = parts.workspace.logits.data.slice();
    for (const { network } of [parts, whole]) {
      const weights = weightsOf(network, `${name}.weight`);
      weights.set(weights.map((value) => 1.5 * value));
    }
    const from = layers.find((layer): layer is WeightedLayer => layer.weighted && layer.name === name);
    if (name !== 'conv1') parts.workspace.input.data.fill(Number.NaN); // a pass that began below would take them up
    parts.workspace.forward(5, from);
    parts.workspace.input.data.set(images.data);
    whole.workspace.forward(5);
    t.notOk(sameBits(parts.workspace.logits.data, before), `${name} matters`);
    t.ok(sameBits(parts.workspace.logits.data, whole.workspace.logits.data), name);
  }
});

test('a gradient is overwritten, not added to', async (t) => {
  const { workspace, network, gradient } = evaluated();
  workspace.backward(5, { rule: network.rule, gradient, toPixels: false });
  const first = gradient.flat.slice();
  gradient.flat.fill(7);
  workspace.evaluateLoss(crossEntropy, labels, 5);
  workspace.backward(5, { rule: network.rule, gradient, toPixels: false });
  t.ok(sameBits(gradient.flat, first));
});

test('going on to the pixels changes nothing about the weights’ gradient', async (t) => {
  const [stops, goesOn] = [evaluated(), evaluated()];
  for (const [{ workspace, network, gradient }, toPixels] of [
    [stops, false],
    [goesOn, true],
  ] as const) {
    workspace.backward(5, { rule: network.rule, gradient, toPixels });
  }
  t.ok(sameBits(stops.gradient.flat, goesOn.gradient.flat));
  t.ok(
    stops.workspace.inputGradient.data.every((value) => value === 0),
    'untouched where it stopped at the weights',
  );
  t.ok(goesOn.workspace.inputGradient.data.some((value) => value !== 0));
});

test('the pixels’ gradient is the same whether the weights’ is asked for or not', async (t) => {
  const [alone, both] = [evaluated(), evaluated()];
  alone.workspace.backward(5, { rule: alone.network.rule, toPixels: true });
  both.workspace.backward(5, { rule: both.network.rule, gradient: both.gradient, toPixels: true });
  t.ok(sameBits(alone.workspace.inputGradient.data, both.workspace.inputGradient.data));
});

test('feedback takes no part in learning at the lowest weights: none is sent below them', async (t) => {
  const { workspace, network, gradient } = evaluated();
  let sent = 0;
  const counting = {
    ...network.rule,
    errorBelow: (layer: Parameters<typeof network.rule.errorBelow>[0]) => {
      sent++;
      network.rule.errorBelow(layer);
    },
  };
  workspace.backward(5, { rule: counting, gradient, toPixels: false });
  t.equal(sent, 4, 'below conv2, fc1, fc2 and fc3');
});

test('only the first n images count', async (t) => {
  const { workspace, network, gradient } = evaluated();
  workspace.input.data.fill(Number.NaN, 3 * 784);
  workspace.forward(3);
  workspace.evaluateLoss(crossEntropy, labels, 3);
  workspace.backward(3, { rule: network.rule, gradient, toPixels: false });
  const expected = parameterGradient(network, images.data.subarray(0, 3 * 784), labels.slice(0, 3), {
    loss: crossEntropy,
  });
  t.ok(sameBits(gradient.flat, expected));
});

test('the input stays as the caller wrote it, also where the first layer could write onto it', async (t) => {
  const layers = [activation('relu', [4], relu), linear('fc', [4], { outputs: 2 })];
  const network = networkOf(layers, 'bp', float64Kernels());
  const workspace = new Workspace(network, 2);
  workspace.input.data.set(normals(8, 1));
  const before = workspace.input.data.slice();
  workspace.forward(2);
  t.ok(sameBits(workspace.input.data, before));
});

test('the parts of a flat gradient are views of it, layer by layer', async (t) => {
  const { network, gradient } = evaluated();
  const fc3 = network.layers.find(({ name }) => name === 'fc3');
  const part = fc3 && gradient.parts.get(fc3);
  part?.dw.fill(3);
  part?.db.fill(4);
  t.same([...gradient.flat.subarray(-12)], [3, 3, ...new Array(10).fill(4)]);
  t.equal(gradient.parts.size, 5);
});
