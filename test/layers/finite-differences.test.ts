import { type Test, test } from 'tap';
import { activation } from '../../src/layers/activation.js';
import { avgPool } from '../../src/layers/avg-pool.js';
import { batchNorm } from '../../src/layers/batch-norm.js';
import { conv2d } from '../../src/layers/conv2d.js';
import { flatten } from '../../src/layers/flatten.js';
import type { Layer, Statistics } from '../../src/layers/layer.js';
import { linear } from '../../src/layers/linear.js';
import { maxPool } from '../../src/layers/max-pool.js';
import { normalize } from '../../src/layers/normalize.js';
import { residual } from '../../src/layers/residual.js';
import { allLayers, type Role, tensorsOf } from '../../src/layers/tree.js';
import { widen } from '../../src/layers/widen.js';
import { checkGradients } from '../../src/metrics/gradient-check.js';
import { activations } from '../../src/models/lenet.js';
import { resnet8 } from '../../src/models/resnet.js';
import { float64Kernels } from '../../src/tensor/reference.js';
import { dot } from '../helpers/arrays.js';
import { lossWithGradient, networkOf, noiseImages, projection, weightsOf } from '../helpers/networks.js';

const image = [2, 6, 5];
const layers: Record<string, Layer> = {
  'conv2d 3×3': conv2d('conv', image, { outputs: 3, kernel: 3 }),
  'conv2d 1×1': conv2d('conv', image, { outputs: 3, kernel: 1 }),
  'conv2d 3×3, stride 2, padding 1': conv2d('conv', image, { outputs: 3, kernel: 3, stride: 2, padding: 1 }),
  'conv2d 4×4, stride 3, padding 3': conv2d('conv', image, { outputs: 2, kernel: 4, stride: 3, padding: 3 }),
  'conv2d 3×3, padding 1, Winograd': conv2d('conv', image, {
    outputs: 3,
    kernel: 3,
    padding: 1,
    algorithm: 'winograd',
  }),
  'conv2d without biases': conv2d('conv', image, { outputs: 3, kernel: 3, bias: false }),
  linear: linear('linear', [13], { outputs: 5 }),
  'max-pool 2×2': maxPool('pool', image, { kernel: 2 }),
  'max-pool 3×3, stride 1': maxPool('pool', image, { kernel: 3, stride: 1 }),
  'avg-pool 2×2': avgPool('pool', image, { kernel: 2 }),
  'avg-pool 3×3, stride 2': avgPool('pool', image, { kernel: 3, stride: 2 }),
  flatten: flatten('flatten', image),
  normalize: normalize('normalize', image, { mean: [0.3, 0.5], std: [0.2, 0.4] }),
  'batch normalisation': batchNorm('bn', image),
  widen: widen('widen', image, { outputs: 5, stride: 2 }),
  'residual, straight': residual('block', [conv2d('conv', image, { outputs: 2, kernel: 3, padding: 1 })]),
  'residual, by a shortcut with weights': residual(
    'block',
    [conv2d('conv', image, { outputs: 3, kernel: 3, padding: 1 })],
    [conv2d('shortcut', image, { outputs: 3, kernel: 1 })],
  ),
};
const isLearned = ({ role }: { readonly role: Role }) => role !== 'statistic';
for (const [name, { phi }] of Object.entries(activations)) layers[name] = activation(name, image, phi);

for (const [name, layer] of Object.entries(layers)) {
  test(`${name}: every gradient agrees with central differences to 1e-6`, async (t) => {
    const checks = checkGradients({ name, layers: [layer], loss: projection }, 1);
    t.equal(checks.length, 1 + allLayers([layer]).flatMap(tensorsOf).filter(isLearned).length);
    for (const { variable, relativeError } of checks) {
      t.ok(relativeError < 1e-6, `${variable}: ${relativeError}`);
      t.ok(relativeError > 0, `${variable}: no difference at all would mean that nothing was differentiated`);
    }
  });
}

const phi = (name: keyof typeof activations, size = 6) => activation(name, [size], activations[name].phi);
const behindWeights = (...rest: Layer[]) => [linear('first', [7], { outputs: 6 }), ...rest];

function checkStacks(t: Test, stacks: Record<string, Layer[]>, statistics: Statistics = 'averages'): void {
  for (const [name, layers] of Object.entries(stacks)) {
    for (const { variable, relativeError } of checkGradients({ name, layers, loss: projection, statistics }, 1)) {
      t.ok(relativeError < 1e-6, `${name}, ${variable}: ${relativeError}`);
    }
  }
}

test('layers in a row, some of them sharing memory: every gradient agrees to 1e-6', async (t) => {
  checkStacks(t, {
    'an activation between weights': behindWeights(phi('tanh'), linear('last', [6], { outputs: 3 })),
    'flatten between activation and weights': [
      conv2d('conv', [1, 4, 4], { outputs: 2, kernel: 3 }),
      activation('tanh', [2, 2, 2], activations.tanh.phi),
      flatten('flatten', [2, 2, 2]),
      linear('last', [8], { outputs: 3 }),
    ],
    'an activation behind pooling': [
      maxPool('pool', [1, 4, 4], { kernel: 2 }),
      activation('sigmoid', [1, 2, 2], activations.sigmoid.phi),
    ],
    'an activation at the very beginning': [phi('tanh'), linear('last', [6], { outputs: 3 })],
  });
});

test('activations right behind one another: every gradient agrees to 1e-6', async (t) => {
  checkStacks(t, {
    'tanh behind tanh': behindWeights(phi('tanh'), phi('tanh')),
    'sigmoid behind relu': behindWeights(phi('relu'), phi('sigmoid')),
    'tanh behind flatten behind sigmoid': behindWeights(phi('sigmoid'), flatten('flatten', [6]), phi('tanh')),
  });
});

const conv = (name: string, options: { kernel?: number; bias?: boolean } = {}) =>
  conv2d(name, image, { outputs: 2, kernel: 3, padding: (options.kernel ?? 3) >> 1, ...options });
const tanh = (name: string) => activation(name, image, activations.tanh.phi);

test('layers made of layers, sides that write over what is not needed any more: every gradient agrees to 1e-6', async (t) => {
  checkStacks(t, {
    'a block at the very beginning, an activation over its sum': [residual('a', [conv('c1'), tanh('t')]), tanh('u')],
    'a side that begins and ends with activations': [
      conv('c0'),
      residual('a', [tanh('t'), conv('c1'), tanh('u')]),
      tanh('v'),
    ],
    'a side of nothing but an activation, over what both need': [conv('c0'), residual('a', [tanh('t')]), conv('c1')],
    'activations on both sides': [conv('c0'), residual('a', [tanh('t')], [tanh('u')]), tanh('v'), conv('c1')],
    'a block in a block, at its beginning and at its end': [
      conv('c0'),
      residual('a', [residual('b', [conv('c1'), tanh('t')]), conv('c2'), residual('d', [conv('c3')], [conv('c4')])]),
      tanh('u'),
    ],
    'a block as the shortcut of a block': [
      residual('a', [conv('c0'), conv('c1')], [residual('b', [conv('c2')], [tanh('t'), conv('c3')]), tanh('u')]),
      tanh('v'),
    ],
  });
});

const normalized = {
  'batch normalisation between layers': [
    conv('c0', { bias: false }),
    batchNorm('n0', image),
    tanh('t'),
    conv('c1', { bias: false }),
    batchNorm('n1', image),
  ],
  'batch normalisation of vectors': [
    activation('tanh', [6], activations.tanh.phi),
    batchNorm('n', [6]),
    linear('last', [6], { outputs: 3 }),
  ],
  'batch normalisation on both sides of a block': [
    residual(
      'a',
      [conv('c0', { bias: false }), batchNorm('n0', image), tanh('t'), conv('c1')],
      [conv('c2', { bias: false }), batchNorm('n1', image)],
    ),
    tanh('u'),
  ],
};

for (const statistics of ['averages', 'pass'] as const) {
  test(`batch normalisation by the statistics of the ${statistics}: every gradient agrees to 1e-6`, async (t) => {
    checkStacks(t, normalized, statistics);
  });

  test(`ResNet-8 by the statistics of the ${statistics}: every gradient agrees to 1e-6`, async (t) => {
    const options = { inputShape: [3, 8, 8], classes: 10, mean: [0.5, 0.5, 0.5], std: [0.2, 0.2, 0.2] } as const;
    checkStacks(t, { 'ResNet-8': resnet8({ ...options, activation: 'tanh' }) }, statistics);
  });
}

test('a network may begin by flattening', async (t) => {
  const layers = [flatten('flatten', [1, 2, 2]), linear('last', [4], { outputs: 3 })];
  const network = networkOf(layers, 'bp', float64Kernels());
  const { weight, images } = { weight: weightsOf(network, 'last.weight'), images: noiseImages(2, [1, 2, 2]) };
  const logits = network.logits(images);
  for (const [i, j] of [
    [0, 0],
    [1, 2],
  ]) {
    const expected = dot(weight.subarray(4 * j, 4 * j + 4), images.data.subarray(4 * i, 4 * i + 4));
    t.ok(
      Math.abs(logits.get(i, j) - expected) < 1e-12,
      `logit ${j} of image ${i}: ${logits.get(i, j)}, not ${expected}`,
    );
  }
  const gradient = network.inputGradient(images, Uint8Array.of(0, 1), {
    path: 'true',
    loss: lossWithGradient([0, 1, 0]),
  });
  t.same([...gradient.data], [...weight.subarray(4, 8), ...weight.subarray(4, 8)], 'the error reaches the pixels');
});
