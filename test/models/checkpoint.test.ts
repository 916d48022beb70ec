import { test } from 'tap';
import { ShapeError, UserError } from '../../src/errors.js';
import { fillParameters, loadNetwork, networkTensors, saveNetwork } from '../../src/models/checkpoint.js';
import {
  type Checkpoint,
  type CheckpointTensor,
  decodeCheckpoint,
  encodeCheckpoint,
} from '../../src/models/safetensors.js';
import type { RuleName } from '../../src/rules/index.js';
import { referenceKernels } from '../../src/tensor/reference.js';
import { sameBits } from '../helpers/arrays.js';
import { lenetOf, mnistSpec, noiseImages } from '../helpers/networks.js';

const kernels = referenceKernels();
const saved = (rule: RuleName, metadata?: Record<string, string>) =>
  saveNetwork(mnistSpec, rule, lenetOf(rule, kernels).parameters, metadata);

/** A saved network after a change to what the file holds. */
function changed(
  change: (checkpoint: { tensors: Record<string, CheckpointTensor>; metadata: Record<string, string> }) => void,
) {
  const { tensors, metadata } = decodeCheckpoint(saved('fa'), 'x');
  const copy = { tensors: { ...tensors }, metadata: { ...metadata } };
  change(copy);
  return encodeCheckpoint(copy);
}

for (const rule of ['bp', 'fa'] as const) {
  test(`a saved ${rule} network comes back bit for bit, with its rule and its answers`, async (t) => {
    const network = lenetOf(rule, kernels);
    network.parameters.values.forEach((_, i, values) => {
      values[i] += i / 1e6; // away from what a fresh network holds
    });
    const loaded = loadNetwork(saveNetwork(mnistSpec, rule, network.parameters), 'x', kernels);
    t.ok(sameBits(loaded.parameters.values, network.parameters.values));
    t.ok(sameBits(loaded.parameters.feedback, network.parameters.feedback));
    t.equal(loaded.rule, network.rule);
    const images = noiseImages(3, [1, 28, 28]);
    t.ok(sameBits(loaded.logits(images).data, network.logits(images).data));
  });
}

test('a file names its tensors as the format promises, in PyTorch’s layouts', async (t) => {
  const shapes = (rule: RuleName) =>
    Object.entries(decodeCheckpoint(saved(rule), 'x').tensors).map(([name, { shape }]) => [name, shape]);
  const weights = [
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
  ];
  const feedback = weights
    .filter(([name]) => String(name).endsWith('.weight'))
    .map(([name, shape]) => [String(name).replace('weight', 'feedback'), shape]);
  t.same(shapes('bp'), weights);
  t.same(shapes('fa'), [...weights, ...feedback]);
});

test('the metadata says model and rule beside what the caller adds', async (t) => {
  const { metadata } = decodeCheckpoint(saved('fa', { seed: '3', dataset: 'mnist' }), 'x');
  t.match(metadata, { model: 'lenet5', rule: 'fa', seed: '3', dataset: 'mnist' });
  t.same(JSON.parse(metadata.spec), mnistSpec);
});

test('named tensors share the memory of the parameters', async (t) => {
  const { parameters } = lenetOf('fa', kernels);
  const tensors = networkTensors({ spec: mnistSpec, rule: 'fa' }, parameters);
  tensors['conv1.weight'].data[0] = 42;
  tensors['fc3.feedback'].data[839] = 43;
  t.equal(parameters.values[0], 42);
  t.equal(parameters.feedback[61_469], 43);
});

test('a missing tensor, or one of another shape, is refused with file, tensor and both shapes', async (t) => {
  const { tensors } = decodeCheckpoint(saved('bp'), 'x');
  const fill = (given: Checkpoint['tensors']) =>
    fillParameters({ spec: mnistSpec, rule: 'bp' }, given, lenetOf('bp', kernels).parameters, 'f.safetensors');
  const { 'conv2.bias': _, ...without } = tensors;
  t.throws(() => fill(without), {
    constructor: UserError,
    message: 'f.safetensors holds no tensor conv2.bias; a lenet5 needs one of [16].',
  });
  t.throws(() => fill({ ...tensors, 'fc3.bias': { shape: [5], data: new Float32Array(5) } }), {
    constructor: UserError,
    message: 'f.safetensors: fc3.bias has shape [5], lenet5 needs [10].',
  });
  t.throws(() => fill({ ...tensors, other: { shape: [1], data: new Float32Array(1) } }), {
    constructor: UserError,
    message: /^f\.safetensors holds a tensor other, which this lenet5 has not; it has conv1\.weight, .*, fc3\.bias\.$/,
  });
});

test('a network that learns by feedback needs its feedback weights', async (t) => {
  const { parameters } = lenetOf('bp', kernels);
  t.throws(() => saveNetwork(mnistSpec, 'fa', parameters), ShapeError);
  const { tensors, metadata } = decodeCheckpoint(saveNetwork(mnistSpec, 'bp', parameters), 'f');
  const file = encodeCheckpoint({ tensors, metadata: { ...metadata, rule: 'fa' } });
  t.throws(() => loadNetwork(file, 'f', kernels), {
    constructor: UserError,
    message: /^f holds no tensor conv1\.feedback/,
  });
});

test('a file that does not say what network it holds is refused as a mistake of the person, by name', async (t) => {
  const refused = (title: string, change: (metadata: Record<string, string>) => void) =>
    t.throws(
      () =>
        loadNetwork(
          changed(({ metadata }) => change(metadata)),
          'other.safetensors',
          kernels,
        ),
      { constructor: UserError, message: /^other\.safetensors/ },
      title,
    );
  refused('no spec', (metadata) => {
    delete metadata.spec;
  });
  refused('no rule', (metadata) => {
    delete metadata.rule;
  });
  refused('an unknown rule', (metadata) => {
    metadata.rule = 'hebb';
  });
  refused('a rule that only looks known', (metadata) => {
    metadata.rule = 'toString';
  });
  refused('a spec that is not JSON', (metadata) => {
    metadata.spec = '{';
  });
  refused('a spec of another model', (metadata) => {
    metadata.spec = JSON.stringify({ ...mnistSpec, model: 'resnet50' });
  });
  refused('a spec without a shape', (metadata) => {
    metadata.spec = JSON.stringify({ model: 'lenet5' });
  });
  refused('a spec that does not go with the tensors', (metadata) => {
    metadata.spec = JSON.stringify({ ...mnistSpec, classes: 5 });
  });
});

test('numbers that are not finite are refused, with the tensor that holds them', async (t) => {
  for (const [value, text] of [
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
    [Number.NEGATIVE_INFINITY, '-Infinity'],
  ] as const) {
    for (const name of ['conv1.weight', 'fc3.bias', 'fc2.feedback']) {
      const file = changed(({ tensors }) => {
        tensors[name].data[3] = value;
      });
      const message = `f: ${name} holds ${text} (its number 3, counted from 0): `;
      t.throws(() => loadNetwork(file, 'f', kernels), {
        constructor: UserError,
        message: new RegExp(`^${message.replace(/[()]/g, '\\$&')}`),
      });
    }
  }
});

test('tensors that are none of the network’s are refused, but not what batch normalisation counts', async (t) => {
  const withTensor = (name: string) =>
    changed((checkpoint) => {
      checkpoint.tensors = { ...checkpoint.tensors, [name]: { shape: [1], data: Float32Array.of(0) } };
    });
  t.throws(() => loadNetwork(withTensor('fc4.weight'), 'f', kernels), /^f holds a tensor fc4\.weight, which/);
  t.doesNotThrow(() => loadNetwork(withTensor('bn1.num_batches_tracked'), 'f', kernels));
  const bp = saveNetwork(mnistSpec, 'fa', lenetOf('fa', kernels).parameters, {});
  const asBp = encodeCheckpoint({
    ...decodeCheckpoint(bp, 'x'),
    metadata: { ...decodeCheckpoint(bp, 'x').metadata, rule: 'bp' },
  });
  t.throws(() => loadNetwork(asBp, 'f', kernels), /f holds a tensor conv1\.feedback/);
});

test('no memory is asked for before the tensors are seen to be those of the network', async (t) => {
  const metadata = { rule: 'fa', spec: JSON.stringify({ ...mnistSpec, inputShape: [1, 1024, 1024], classes: 256 }) };
  const huge = encodeCheckpoint({ tensors: decodeCheckpoint(saved('fa'), 'x').tensors, metadata });
  const careful = { ...kernels, alloc: () => t.fail('memory was asked for') as never };
  t.throws(
    () => loadNetwork(huge, 'f', careful),
    /f: fc1\.weight has shape \[120, 400\], lenet5 needs \[120, 1024144\]/,
  );
});
