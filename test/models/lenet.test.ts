import { test } from 'tap';
import { buildLayers, models } from '../../src/models/index.js';
import { type ActivationName, activations, lenet5, lenetWide } from '../../src/models/lenet.js';
import { parameterLayout } from '../../src/models/parameters.js';
import { mnistSpec } from '../helpers/networks.js';

const cifarSpec = { ...mnistSpec, inputShape: [3, 32, 32], mean: [0.5, 0.5, 0.5], std: [0.2, 0.2, 0.2] };

test('LeNet-5 on 28×28 pixels: every layer in its place, with its shape', async (t) => {
  t.same(
    lenet5(mnistSpec).map(({ name, outputShape }) => [name, outputShape]),
    [
      ['normalize', [1, 28, 28]],
      ['conv1', [6, 28, 28]],
      ['relu1', [6, 28, 28]],
      ['pool1', [6, 14, 14]],
      ['conv2', [16, 10, 10]],
      ['relu2', [16, 10, 10]],
      ['pool2', [16, 5, 5]],
      ['flatten', [400]],
      ['fc1', [120]],
      ['relu3', [120]],
      ['fc2', [84]],
      ['relu4', [84]],
      ['fc3', [10]],
    ],
  );
});

test('LeNet-5 on 28×28 pixels of one channel has 61,706 parameters', async (t) => {
  const { slots, parameterCount, feedbackCount } = parameterLayout(lenet5(mnistSpec));
  t.equal(parameterCount, 61_706);
  t.equal(feedbackCount, 61_706 - (6 + 16 + 120 + 84 + 10), 'feedback for every weight, for no bias');
  t.same(
    slots.map(({ name, shape }) => [name, shape]),
    [
      ['conv1.weight', [6, 1, 5, 5]],
      ['conv1.bias', [6]],
      ['conv2.weight', [16, 6, 5, 5]],
      ['conv2.bias', [16]],
      ['fc1.weight', [120, 400]],
      ['fc1.bias', [120]],
      ['fc2.weight', [84, 120]],
      ['fc2.bias', [84]],
      ['fc3.weight', [10, 84]],
      ['fc3.bias', [10]],
    ],
  );
});

test('LeNet-5 on 32×32 pixels of three channels goes without padding and has 62,006 parameters', async (t) => {
  const layers = lenet5(cifarSpec);
  t.equal(parameterLayout(layers).parameterCount, 62_006);
  const shapes = new Map(layers.map(({ name, outputShape }) => [name, outputShape]));
  t.same(shapes.get('conv1'), [6, 28, 28]);
  t.same(shapes.get('flatten'), [400]);
});

test('BioTorch’s wider LeNet on 32×32 pixels of three channels', async (t) => {
  const layers = lenetWide(cifarSpec);
  const shapes = new Map(layers.map(({ name, outputShape }) => [name, outputShape]));
  t.same(shapes.get('conv1'), [32, 30, 30]);
  t.same(shapes.get('conv2'), [64, 13, 13]);
  t.same(shapes.get('conv3'), [128, 4, 4]);
  t.same(shapes.get('average'), [128, 1, 1], 'each channel’s average');
  t.same(shapes.get('fc2'), [10]);
  const convolutions = (27 + 1) * 32 + (9 * 32 + 1) * 64 + (9 * 64 + 1) * 128;
  t.equal(parameterLayout(layers).parameterCount, convolutions + (128 + 1) * 256 + (256 + 1) * 10);
});

test('each layer takes what the one before gives', async (t) => {
  for (const activation of Object.keys(activations) as ActivationName[]) {
    for (const layers of [lenet5({ ...cifarSpec, activation }), lenetWide({ ...cifarSpec, activation })]) {
      t.same(layers[0].inputShape, [3, 32, 32]);
      for (let l = 1; l < layers.length; l++) t.same(layers[l].inputShape, layers[l - 1].outputShape, layers[l].name);
    }
  }
});

test('ReLU goes with max-pooling, tanh and sigmoid with average pooling, under names of their own', async (t) => {
  for (const activation of ['tanh', 'sigmoid'] as const) {
    const names = lenet5({ ...mnistSpec, activation }).map(({ name }) => name);
    t.ok(names.includes(`${activation}1`) && names.includes(`${activation}4`) && !names.includes('relu1'));
  }
  t.equal(activations.tanh.pool, activations.sigmoid.pool);
  t.not(activations.relu.pool, activations.tanh.pool);
});

test('the last layer has as many units as there are classes', async (t) => {
  t.same(lenet5({ ...mnistSpec, classes: 26 }).at(-1)?.outputShape, [26]);
});

test('names are unique: parameters and their random streams go by them', async (t) => {
  for (const build of Object.values(models)) {
    const names = build(cifarSpec).map(({ name }) => name);
    t.equal(new Set(names).size, names.length);
  }
});

test('the table builds a model by its name', async (t) => {
  t.equal(models.lenet5, lenet5);
  t.equal(buildLayers(mnistSpec).length, 13);
});
