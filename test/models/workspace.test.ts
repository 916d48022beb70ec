import { test } from 'tap';
import { activation } from '../../src/layers/activation.js';
import type { WeightedLayer } from '../../src/layers/layer.js';
import { linear } from '../../src/layers/linear.js';
import { relu } from '../../src/layers/relu.js';
import { crossEntropy } from '../../src/losses/cross-entropy.js';
import { buildLayers } from '../../src/models/index.js';
import { initialParameters, parameterLayout } from '../../src/models/parameters.js';
import { gradientOf, Workspace } from '../../src/models/workspace.js';
import { backprop } from '../../src/rules/backprop.js';
import { feedbackAlignment } from '../../src/rules/feedback-alignment.js';
import type { LearningRule } from '../../src/rules/rule.js';
import { loadKernels } from '../../src/tensor/backends.js';
import { Heap } from '../../src/tensor/heap.js';
import { backends } from '../../src/tensor/kernels.js';
import { float64Kernels, referenceKernels } from '../../src/tensor/reference.js';
import type { FloatArray } from '../../src/tensor/tensor.js';
import { normals, randomLabels, relativeDifference, sameBits } from '../helpers/arrays.js';
import { lenetOf, mnistSpec, networkOf, noiseImages, parameterGradient, weightsOf } from '../helpers/networks.js';

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

test('workspaces on the same kernels take turns in one memory, whatever their network and capacity', async (t) => {
  const heap = new Heap();
  const kernels = await loadKernels('simd', heap);
  const [large, small] = [lenetOf('fa', kernels), lenetOf('bp', kernels)];
  const run = (network: typeof large, capacity: number) => {
    const workspace = network.workspace(capacity);
    workspace.input.data.set(images.data.subarray(0, 784 * Math.min(5, capacity)));
    workspace.pixelGradient(labels, Math.min(5, capacity), { path: 'feedback', loss: crossEntropy });
    return workspace.inputGradient.data.slice();
  };
  const [first, second] = [run(large, 16), run(small, 16)];
  const { used } = heap;
  const again = run(large, 16);
  t.ok(sameBits(again, first));
  t.ok(sameBits(run(small, 16), second));
  for (let i = 0; i < 20; i++) {
    const network = lenetOf('fa', kernels);
    run(network, 1 + (i % 16));
    network.release();
  }
  t.equal(heap.used, used, 'no more memory for twenty more networks of any capacity up to there');
});

test('what a pass has left is refused once another workspace has begun one', async (t) => {
  const kernels = referenceKernels();
  const [ours, other] = [lenetOf('fa', kernels), lenetOf('bp', kernels)].map((network) => network.workspace(5));
  const taken = /another one on the same kernels has begun a pass/;
  const rule = ours.network.rule;
  ours.forward(5);
  ours.evaluateLoss(crossEntropy, labels, 5);
  other.forward(5);
  t.throws(() => ours.backward(5, { rule, toPixels: true }), taken);
  t.throws(() => ours.evaluateLoss(crossEntropy, labels, 5), taken);
  t.throws(() => ours.predictions(5), taken);
  const conv2 = ours.network.layers.find((layer): layer is WeightedLayer => layer.weighted && layer.name === 'conv2');
  t.throws(() => ours.forward(5, conv2), taken);
  ours.forward(5);
  ours.evaluateLoss(crossEntropy, labels, 5);
  ours.backward(5, { rule, toPixels: true });
});

for (const backend of backends) {
  test(`a carrier that hasn’t the weights’ length is refused: no gradient of silent zeros (${backend} kernels)`, async (t) => {
    const kernels = await loadKernels(backend);
    const layers = buildLayers(mnistSpec);
    const options = { seed: 1, initializer: 'kaiming-uniform', usesFeedback: false } as const;
    const parameters = initialParameters(layers, kernels, options);
    const network = {
      layers,
      kernels,
      parameters,
      layout: parameterLayout(layers),
      inputShape: [1, 28, 28],
      classes: 10,
    };
    const refused = (rule: LearningRule, message: RegExp) => {
      const workspace = new Workspace({ ...network, rule }, 2);
      for (const toPixels of [true, false]) {
        workspace.forward(2);
        workspace.evaluateLoss(crossEntropy, labels.subarray(0, 2), 2);
        t.throws(() => workspace.backward(2, { rule, toPixels }), { name: 'ShapeError', message });
      }
    };
    refused(feedbackAlignment, /fc3: .* carried by 0 numbers, .* \[10, 84\], 840 numbers .*feedback alignment; has/);
    const carriedBy = (change: (weight: FloatArray) => FloatArray): LearningRule => ({
      ...backprop,
      errorBelow: ({ weight, send }) => send(weight.length === 2400 ? (change(weight) as typeof weight) : weight),
    });
    refused(
      carriedBy((weight) => weight.subarray(150)),
      /conv2: .* carried by 2250 numbers, .* \[16, 6, 5, 5\], 2400 /,
    );
    const longer = kernels.alloc(2550);
    refused(
      carriedBy(() => longer),
      /conv2: .* carried by 2550 numbers/,
    );
  });
}
