import { test } from 'tap';
import { UserError } from '../../src/errors.js';
import { slotsOf } from '../../src/models/checkpoint.js';
import { parseTensorNames, renamed, type TensorNames } from '../../src/models/foreign.js';
import type { CheckpointTensor, SkippedTensor } from '../../src/models/safetensors.js';
import { mnistSpec } from '../helpers/networks.js';

const expected = slotsOf(mnistSpec, 'bp');
const zeros = (shape: readonly number[]): CheckpointTensor => ({
  shape,
  data: new Float32Array(shape.reduce((product, extent) => product * extent, 1)),
});
/** All that a LeNet-5 has, as PyTorch's `features` and `classifier` would call it. */
const theirs = (name: string) => name.replace(/^conv/, 'features.').replace(/^fc/, 'classifier.');
const foreign = () => Object.fromEntries(expected.map(({ name, shape }) => [theirs(name), zeros(shape)]));
const names: TensorNames = Object.fromEntries(expected.map(({ name }) => [name, theirs(name)]));
const take = (tensors: Record<string, CheckpointTensor>, map: TensorNames = names) =>
  renamed({ tensors }, map, expected, 'this lenet5', 'x.safetensors');

test('tensors come by our names, whatever the file calls them', (t) => {
  const tensors = foreign();
  const own = take(tensors);
  t.same(
    Object.keys(own),
    expected.map(({ name }) => name),
  );
  for (const { name } of expected) t.equal(own[name], tensors[theirs(name)], 'the very same tensor');
  t.end();
});

test('a tensor that is not mapped goes by our name; null leaves one out', (t) => {
  const { 'features.1.weight': weight, ...rest } = foreign();
  const { 'conv1.weight': _, ...fewer } = names;
  const own = take({ ...rest, 'conv1.weight': weight, bias_backward: zeros([6]) }, { ...fewer, bias_backward: null });
  t.equal(own['conv1.weight'], weight);
  t.end();
});

test('what is missing, of another shape or unknown is named, in the file and here', (t) => {
  const refused = (tensors: Record<string, CheckpointTensor>, map: TensorNames, message: RegExp) =>
    t.throws(() => take(tensors, map), { constructor: UserError, message });
  const { 'features.1.weight': _, ...without } = foreign();
  refused(
    without,
    names,
    /x\.safetensors holds no tensor features\.1\.weight \(conv1\.weight\); this lenet5 needs one of \[6, 1, 5, 5\]\. It holds features\.1\.bias \[6\], /,
  );
  refused(foreign(), {}, /holds no tensor conv1\.weight; .*--names map\.json/);
  refused(
    { ...foreign(), 'classifier.1.weight': zeros([400, 120]) },
    names,
    /classifier\.1\.weight \(fc1\.weight\) has shape \[400, 120\], this lenet5 needs \[120, 400\]/,
  );
  refused(
    { ...foreign(), extra: zeros([1]) },
    names,
    /holds a tensor extra, which this lenet5 has not; .*\{"extra": null\}/,
  );
  refused(foreign(), { ...names, extra: null }, /leaves out extra, which x\.safetensors does not hold/);
  refused(
    foreign(),
    { ...names, 'conv9.weight': 'a' },
    /--names: this lenet5 has no tensor conv9\.weight; it has conv1\.weight/,
  );
  refused(
    foreign(),
    { ...names, 'conv1.bias': 'features.2.bias' },
    /--names: features\.2\.bias is to be both conv1\.bias and conv2\.bias/,
  );
  t.end();
});

test('a tensor that was left out is missed only where the network needs it', (t) => {
  const { 'features.1.weight': weight, ...rest } = foreign();
  const take = (tensors: Record<string, CheckpointTensor>, skipped: readonly SkippedTensor[], map: TensorNames) =>
    renamed({ tensors, skipped }, map, expected, 'this lenet5', 'x.safetensors');
  const step = { name: 'step', dtype: 'I64' };
  t.equal(take(foreign(), [step], names)['conv1.weight'].shape, weight.shape);
  t.ok(take(foreign(), [step], { ...names, step: null }), 'a map that leaves it out is as good as before');
  t.throws(() => take(rest, [step, { name: 'features.1.weight', dtype: 'I8' }], names), {
    constructor: UserError,
    message:
      'x.safetensors: features.1.weight is of type I8; accepted are F32, F64, F16, BF16. Write it as one of these.',
  });
  t.end();
});

test('a map of names is JSON that gives text or null to each', (t) => {
  t.same(parseTensorNames('{"conv1.weight": "0.weight", "x": null}', 'map.json'), {
    'conv1.weight': '0.weight',
    x: null,
  });
  for (const text of ['[]', '{"a": 1}', '{"a": ""}', '{"a": ["b"]}', '3']) {
    t.throws(() => parseTensorNames(text, 'map.json'), { constructor: UserError, message: /map\.json is no map/ });
  }
  t.throws(() => parseTensorNames('{', 'map.json'), /map\.json is not JSON/);
  t.end();
});
