import { test } from 'tap';
import { allLayers, weightedLayers } from '../../src/layers/tree.js';
import { crossEntropy } from '../../src/losses/cross-entropy.js';
import { alignment } from '../../src/metrics/alignment.js';
import { loadNetwork, saveNetwork } from '../../src/models/checkpoint.js';
import { buildLayers, type NetworkSpec } from '../../src/models/index.js';
import type { Network } from '../../src/models/network.js';
import { initialParameters, parameterLayout } from '../../src/models/parameters.js';
import { decodeCheckpoint, encodeCheckpoint } from '../../src/models/safetensors.js';
import { walk } from '../../src/models/trace.js';
import { DifferenceQuotients } from '../../src/models/trace-check.js';
import { equation } from '../../src/models/trace-equation.js';
import { parsePlace, placeAt, placeName, shapeOf, tracedTensors, valuesOf } from '../../src/models/trace-place.js';
import { Tracer } from '../../src/models/tracer.js';
import { loadKernels } from '../../src/tensor/backends.js';
import { stream } from '../../src/tensor/random.js';
import { float64Kernels, referenceKernels } from '../../src/tensor/reference.js';
import { type FloatArray, sizeOf, tensor } from '../../src/tensor/tensor.js';
import { randomLabels, relativeDifference, sameBits } from '../helpers/arrays.js';
import { cifarSpec, networkOf, noiseImages } from '../helpers/networks.js';

const small: NetworkSpec = { ...cifarSpec, model: 'resnet8', inputShape: [3, 8, 8] };
const image = noiseImages(1, [3, 8, 8]).data;

/** Gives scales, shifts and averages other values than they begin with. */
function lived<A extends FloatArray>(network: Network<A>): Network<A> {
  const random = stream(3);
  for (const { role, offset, length } of network.layout.slots) {
    if (role === 'weight') continue;
    for (let i = offset; i < offset + length; i++) network.parameters.values[i] += 0.2 * random.uniform();
  }
  return network;
}

const traced = (rule: 'bp' | 'fa' | 'dfa') => {
  const network = lived(networkOf(buildLayers(small), rule, float64Kernels()));
  return { network, trace: new Tracer(network).trace(image, 3, crossEntropy) };
};

test('as many weighted layers as the name says, and as many parameters as He et al. count', async (t) => {
  for (const [model, weighted, learned] of [
    ['resnet8', 8, 75_290],
    ['resnet14', 14, 172_506],
    ['resnet20', 20, 269_722],
    ['resnet32', 32, 464_154],
  ] as const) {
    const layers = buildLayers({ ...cifarSpec, model });
    t.equal(weightedLayers(layers).length, weighted, model);
    t.equal(parameterLayout(layers).learnedCount, learned, model);
  }
});

test('maps halve twice, and their number doubles', async (t) => {
  const shapes = new Map(
    buildLayers({ ...cifarSpec, model: 'resnet14' }).map(({ name, outputShape }) => [name, outputShape.join('×')]),
  );
  t.same(
    ['conv1', 'block2', 'block3', 'block4', 'block5', 'block6', 'average', 'fc'].map((name) => shapes.get(name)),
    ['16×32×32', '16×32×32', '32×16×16', '32×16×16', '64×8×8', '64×8×8', '64×1×1', '10'],
  );
});

test('tensors go by PyTorch’s names and roles: what is learned first, feedback for weights alone', async (t) => {
  const { slots, feedbackSlots, learnedCount } = parameterLayout(buildLayers(small));
  t.same(
    slots.slice(0, 6).map(({ name, role }) => `${name} ${role}`),
    [
      'conv1.weight weight',
      'bn1.weight scale',
      'bn1.bias shift',
      'block1.conv1.weight weight',
      'block1.bn1.weight scale',
      'block1.bn1.bias shift',
    ],
  );
  const learned = slots.filter(({ role }) => role !== 'statistic');
  t.same(slots.slice(0, learned.length), learned);
  t.equal(learnedCount, slots[learned.length].offset);
  t.same(
    slots.slice(-2).map(({ name, shape }) => [name, shape]),
    [
      ['block3.bn2.running_mean', [64]],
      ['block3.bn2.running_var', [64]],
    ],
  );
  t.same(
    feedbackSlots.map(({ name }) => name),
    ['conv1', ...['1', '2', '3'].flatMap((b) => [`block${b}.conv1`, `block${b}.conv2`]), 'fc'].map(
      (name) => `${name}.feedback`,
    ),
  );
});

test('scales and variances begin at 1, shifts and means at 0', async (t) => {
  const { values } = initialParameters(buildLayers(small), referenceKernels(), {
    seed: 1,
    initializer: 'kaiming-uniform',
    usesFeedback: false,
  });
  for (const { name, role, offset, length } of parameterLayout(buildLayers(small)).slots) {
    if (role === 'weight') continue;
    const begins = role === 'scale' || name.endsWith('running_var') ? 1 : 0;
    t.ok(
      values.subarray(offset, offset + length).every((value) => value === begins),
      name,
    );
  }
});

test('an image’s logits and gradient don’t depend on its neighbours, and SIMD agrees with the plain twin', async (t) => {
  const images = noiseImages(5, [3, 8, 8]);
  const labels = randomLabels(5, 10, 1);
  const question = { path: 'feedback', loss: crossEntropy } as const;
  const answers = (['simd', 'reference'] as const).map(async (backend) => {
    const network = lived(networkOf(buildLayers(small), 'fa', await loadKernels(backend)));
    const logits = network.logits(images).data;
    const gradient = network.inputGradient(images, labels, question).data;
    const one = tensor(images.data.slice(4 * 192), [1, 3, 8, 8]);
    t.ok(sameBits(network.logits(one).data.slice(), logits.slice(40)), `${backend}: logits`);
    const own = network.inputGradient(one, labels.slice(4), question).data;
    t.ok(sameBits(own.slice(), gradient.slice(4 * 192)), `${backend}: gradient`);
    return { logits, gradient };
  });
  const [simd, plain] = await Promise.all(answers);
  t.ok(relativeDifference(simd.logits, plain.logits) < 1e-5);
  t.ok(relativeDifference(simd.gradient, plain.gradient) < 1e-4);
});

test('the way down ends a block when both of its sides have come down', async (t) => {
  const { trace } = traced('bp');
  const names = walk(trace).map(({ phase, layer }) =>
    layer === undefined ? phase : `${phase} ${trace.layers[layer].name}`,
  );
  t.equal(names.length, 2 * allLayers(buildLayers(small)).length + 1);
  t.same(names.slice(names.indexOf('forward block2.bn2'), names.indexOf('forward block2.bn2') + 4), [
    'forward block2.bn2',
    'forward block2.shortcut',
    'forward block2',
    'forward block2.relu2',
  ]);
  t.same(names.slice(names.indexOf('backward block2.relu2'), names.indexOf('backward block2.relu2') + 9), [
    'backward block2.relu2',
    'backward block2.shortcut',
    ...['bn2', 'conv2', 'relu1', 'bn1', 'conv1'].map((name) => `backward block2.${name}`),
    'backward block2',
    'backward block1.relu2',
  ]);
});

for (const rule of ['bp', 'fa', 'dfa'] as const) {
  test(`${rule}: every number of a trace through blocks is the sum that its equation writes out`, async (t) => {
    const { trace } = traced(rule);
    const random = stream(7);
    let sums = 0;
    for (const [l, layer] of trace.layers.entries()) {
      for (const which of tracedTensors) {
        const shape = shapeOf(layer, which);
        if (!shape) continue;
        for (let draw = 0; draw < 3; draw++) {
          const place = placeAt(trace, l, which, random.integer(0, sizeOf(shape) - 1));
          for (const way of ['own', 'exact'] as const) {
            const { value, terms, constant } = equation(trace, place, way);
            const name = `${placeName(trace, place)} ${way}`;
            const seen = valuesOf(layer, which, way)[place.offset];
            if (value !== seen) t.fail(`${name}: the equation is of ${value}, the trace holds ${seen}`);
            if (terms.length === 0 && constant === undefined) continue;
            const sum = terms.reduce((all, { left, right }) => all + left.value * right.value, constant?.value ?? 0);
            sums++;
            if (!(Math.abs(sum - value) <= 1e-12 * Math.max(1, Math.abs(value))))
              t.fail(`${name}: ${sum}, not ${value}`);
          }
        }
      }
    }
    t.ok(sums > 500, `${sums} sums were tried`);
  });
}

test('difference quotients agree with backpropagation, within blocks, around them, and of scales and shifts', async (t) => {
  const { network, trace } = traced('fa');
  const quotients = new DifferenceQuotients(network);
  for (const text of [
    'conv1.weight[3,0,2,2]',
    'bn1.weight[4]',
    'bn1.y[4,2,5]',
    'relu1.y[9,3,3]',
    'block1.dx[2,4,4]',
    'block1.conv1.dx[2,4,4]',
    'block1.conv2.weight[15,3,1,0]',
    'block1.bn2.bias[7]',
    'block1.bn2.y[7,0,0]',
    'block1.y[7,0,0]',
    'block2.shortcut.dx[3,2,2]',
    'block2.shortcut.y[20,1,1]',
    'block2.dx[3,2,2]',
    'block3.conv1.weight[40,20,0,1]',
    'fc.weight[3,60]',
  ]) {
    const place = parsePlace(text, trace);
    const exact = valuesOf(trace.layers[place.layer], place.tensor === 'y' ? 'dy' : place.tensor, 'exact')[
      place.offset
    ];
    const quotient = quotients.at(place, image, 3, crossEntropy);
    t.ok(Math.abs(quotient - exact) < 1e-7 * Math.max(1, Math.abs(exact)), `${text}: ${quotient} is near ${exact}`);
  }
  const place = parsePlace('block1.dx[2,4,4]', trace);
  const inner = valuesOf(trace.layers[parsePlace('block1.conv1.dx[0,0,0]', trace).layer], 'dx', 'exact')[place.offset];
  t.not(inner, valuesOf(trace.layers[place.layer], 'dx', 'exact')[place.offset], 'the shortcut adds to it');
});

test('alignment has a line for each weighted layer, by the averages; backpropagation is at 0° to itself', async (t) => {
  const pixels = Uint8Array.from(image, (value) => Math.round(255 * value));
  const images = { pixels, labels: Uint8Array.of(3), count: 1 };
  const own = alignment(traced('bp').network, images);
  t.same(
    own.map(({ layer }) => layer),
    weightedLayers(buildLayers(small)).map(({ name }) => name),
  );
  t.ok(own.every(({ gradientAngle, errorAngle }) => gradientAngle === 0 && errorAngle === 0));
  const { network } = traced('fa');
  const scaled = Float64Array.from(pixels, (value) => value / 255);
  const { layers } = new Tracer(network).trace(scaled, 3, crossEntropy);
  for (const { layer, gradientAngle, errorAngle } of alignment(network, images)) {
    const seen = layers.find(({ name }) => name === layer);
    t.equal(gradientAngle, seen?.gradientAngle, layer);
    if (layer !== 'conv1') t.equal(errorAngle, seen?.errorAngle, layer);
    if (layer !== 'fc') t.ok((gradientAngle ?? 0) > 45, `${layer}: ${gradientAngle}°`);
  }
});

test('a file holds all tensors and gives the network back; PyTorch’s counters are let pass, and no variance below 0 is', async (t) => {
  const { parameters } = lived(networkOf(buildLayers(small), 'fa', referenceKernels()));
  const saved = saveNetwork(small, 'fa', parameters);
  const loaded = loadNetwork(saved, 'x', referenceKernels());
  t.ok(sameBits(loaded.parameters.values, parameters.values));
  t.ok(sameBits(loaded.parameters.feedback, parameters.feedback));
  const { tensors, metadata } = decodeCheckpoint(saved, 'x');
  const counted = { shape: [], data: Float32Array.of(3) };
  const counters = { 'bn1.num_batches_tracked': counted, 'block3.bn2.num_batches_tracked': counted };
  const theirs = encodeCheckpoint({ tensors: { ...tensors, ...counters }, metadata });
  t.ok(sameBits(loadNetwork(theirs, 'x', referenceKernels()).parameters.values, parameters.values));
  const broken = { shape: [16], data: new Float32Array(16).fill(0.5) };
  broken.data[3] = -0.25;
  const wrong = encodeCheckpoint({ tensors: { ...tensors, 'bn1.running_var': broken }, metadata });
  t.throws(() => loadNetwork(wrong, 'x', referenceKernels()), {
    name: 'UserError',
    message: /x: bn1\.running_var holds -0\.25 \(its number 3, counted from 0\), and no variance is below 0/,
  });
});
