import { test } from 'tap';
import { crossEntropy } from '../../src/losses/cross-entropy.js';
import type { Network } from '../../src/models/network.js';
import { gradientOf } from '../../src/models/workspace.js';
import { backprop } from '../../src/rules/backprop.js';
import { float64Kernels, referenceKernels } from '../../src/tensor/reference.js';
import { tensor } from '../../src/tensor/tensor.js';
import { normals, randomLabels, relativeDifference, sameBits } from '../helpers/arrays.js';
import { handNetwork } from '../helpers/hand-network.js';
import { lenetOf, noiseImages, parameterGradient, weightsOf } from '../helpers/networks.js';

const weighted = ['conv1', 'conv2', 'fc1', 'fc2', 'fc3'];
const images = noiseImages(6, [1, 28, 28]);
const labels = randomLabels(6, 10, 1);

/** B := W in every layer. */
function alignFeedback(network: Network<Float32Array>): void {
  for (const name of weighted) weightsOf(network, `${name}.feedback`).set(weightsOf(network, `${name}.weight`));
}

test('δ = φ′ ⊙ Bᵀδ, worked by hand in a network of two layers', async (t) => {
  const { network, layers, loss, x, y } = handNetwork('fa');
  const { parts } = gradientOf(network, parameterGradient(network, x.data, y, { loss }));
  const [lower, , upper] = layers.map((layer) => parts.get(layer));
  t.same([...(upper?.dw ?? [])], [1, 1, 0, -2, -2, 0], 'dW₂ = δ₂hᵀ, as in backpropagation');
  t.same([...(upper?.db ?? [])], [1, -2]);
  // B₂ᵀδ₂ = (1, 1 − 4, 1 − 10) = (1, −3, −9); the third unit is silent: δ₁ = (1, −3, 0).
  t.same([...(lower?.db ?? [])], [1, -3, 0]);
  t.same([...(lower?.dw ?? [])], [1, 2, -3, -6, 0, 0], 'dW₁ = δ₁xᵀ');
});

test('the paths to the pixels, worked by hand: B₁ᵀδ₁ with feedback, W₁ᵀδ₁ in truth', async (t) => {
  const { network, loss, x, y } = handNetwork('fa');
  const along = (path: 'feedback' | 'true') => [...network.inputGradient(x, y, { path, loss }).data];
  t.same(along('feedback'), [1 - 9, 2 - 12], 'B₁ᵀ(1, −3, 0)');
  // W₂ᵀδ₂ = (1 − 8, 2 − 10, 3 − 12), so δ₁ = (−7, −8, 0).
  t.same(along('true'), [-7 + 8, -8], 'W₁ᵀ(−7, −8, 0)');
});

test('with B = W feedback alignment is backpropagation, to the bit', async (t) => {
  const [fa, bp] = [lenetOf('fa', referenceKernels()), lenetOf('bp', referenceKernels())];
  t.ok(sameBits(fa.parameters.values, bp.parameters.values), 'the same weights');
  alignFeedback(fa);
  const options = { loss: crossEntropy };
  const expected = parameterGradient(bp, images.data, labels, options);
  t.ok(expected.some((value) => value !== 0));
  t.ok(sameBits(parameterGradient(fa, images.data, labels, options), expected));
  const pixels = { path: 'feedback', loss: crossEntropy } as const;
  t.ok(sameBits(fa.inputGradient(images, labels, pixels).data, bp.inputGradient(images, labels, pixels).data));
});

test('the top layer’s gradient is backpropagation’s, to the bit; every lower layer’s is another', async (t) => {
  const fa = lenetOf('fa', referenceKernels());
  const own = gradientOf(fa, parameterGradient(fa, images.data, labels, { loss: crossEntropy })).parts;
  const exact = gradientOf(
    fa,
    parameterGradient(fa, images.data, labels, { loss: crossEntropy, rule: backprop }),
  ).parts;
  for (const layer of fa.layers) {
    const [a, b] = [own.get(layer), exact.get(layer)];
    if (!a || !b) continue;
    const top = layer.name === 'fc3';
    t.equal(sameBits(a.dw, b.dw), top, `${layer.name}.weight`);
    t.equal(sameBits(a.db, b.db), top, `${layer.name}.bias`);
  }
});

test('a layer’s gradient depends on the feedback of the layers above it alone', async (t) => {
  const fa = lenetOf('fa', referenceKernels());
  const conv2 = fa.layers.find(({ name }) => name === 'conv2');
  const gradient = () => {
    const { parts } = gradientOf(fa, parameterGradient(fa, images.data, labels, { loss: crossEntropy }));
    return conv2 && parts.get(conv2)?.dw.slice();
  };
  const before = gradient();
  for (const name of ['conv1', 'conv2']) weightsOf(fa, `${name}.feedback`).fill(9);
  t.ok(before && sameBits(gradient() as Float32Array, before), 'its own and lower feedback take no part');
  weightsOf(fa, 'fc1.feedback').set(normals(48_000, 3));
  t.notOk(before && sameBits(gradient() as Float32Array, before), 'that of the layer above does');
});

test('the true path of a feedback-alignment network agrees with central differences of its loss', async (t) => {
  const network = lenetOf('fa', float64Kernels());
  const x = tensor(Float64Array.from(images.data), images.shape);
  const exact = network.inputGradient(x, labels, { path: 'true', loss: crossEntropy }).data;
  const random = network.inputGradient(x, labels, { path: 'feedback', loss: crossEntropy }).data;
  const workspace = network.workspace(6);
  const loss = (pixels: Float64Array) => {
    workspace.input.data.set(pixels);
    workspace.forward(6);
    workspace.evaluateLoss(crossEntropy, labels, 6);
    return workspace.losses.reduce((sum, value) => sum + value, 0);
  };
  const touched = Array.from({ length: 30 }, (_, i) => (i * 149 + 300) % exact.length);
  const numeric = touched.map((p) => {
    const moved = (step: number) => loss(x.data.map((value, i) => (i === p ? value + step : value)));
    return (moved(1e-5) - moved(-1e-5)) / 2e-5;
  });
  const at = (gradient: Float64Array) => touched.map((p) => gradient[p]);
  t.ok(relativeDifference(at(exact), numeric) < 1e-6, `${relativeDifference(at(exact), numeric)}`);
  t.ok(relativeDifference(at(random), numeric) > 0.5, 'the feedback path is something else');
});
