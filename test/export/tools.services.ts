/* What other tools make of the exported files: onnxruntime, and Debian's python3-onnx and python3-numpy. */
import { execFileSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as ort from 'onnxruntime-web';
import { test } from 'tap';
import { mnist } from '../../src/datasets/mnist.js';
import { encodeNpz } from '../../src/export/npz.js';
import { encodeOnnx } from '../../src/export/onnx/encode.js';
import { allLayers } from '../../src/layers/tree.js';
import { createNetwork, networkSpec } from '../../src/models/create.js';
import { loadKernels } from '../../src/tensor/backends.js';
import { firstImages, imageBatch } from '../../src/tensor/images.js';
import { contiguous } from '../../src/tensor/tensor.js';
import { train } from '../../src/training/train.js';
import { debianPython, PYTHON } from '../helpers/python.js';

ort.env.wasm.numThreads = 1;

const IMAGES = 1000;
const kinds = {
  lenet5: {},
  tanh: { activation: 'tanh' },
  'lenet-wide': { model: 'lenet-wide' },
  resnet8: { model: 'resnet8' },
} as const;

test('onnxruntime gives 1,000 test images the logits that we do', async (t) => {
  const dataset = await mnist.load();
  const { images } = imageBatch(dataset.test, dataset.shape, 0, IMAGES);
  const kernels = await loadKernels();
  const folder = t.testdir();
  for (const [kind, options] of Object.entries(kinds)) {
    for (const rule of ['bp', 'fa'] as const) {
      const name = `${kind}, ${rule}`;
      const network = createNetwork(networkSpec(dataset, options), { rule, seed: 1, kernels });
      train(network, firstImages(dataset.train, 2000), { epochs: 1, optimizer: 'adam', learningRate: 0.003 });
      const written = { activations: true, version: '0.0.0', metadata: { rule } };
      const file = encodeOnnx(network.layers, network.parameters, written);
      writeFileSync(join(folder, `${kind}-${rule}.onnx`), file);
      const session = await ort.InferenceSession.create(file);
      t.same(session.inputNames, ['images']);
      const input = new ort.Tensor('float32', contiguous(images), [...images.shape]);
      const answers = await session.run({ images: input });
      t.same(
        Object.keys(answers).sort(),
        [
          'logits',
          ...allLayers(network.layers)
            .slice(0, -1)
            .map(({ name }) => name),
        ].sort(),
      );
      const theirs = answers.logits.data as Float32Array;
      const ours = network.logits(images).data;
      const largest = ours.reduce((most, logit, i) => Math.max(most, Math.abs(logit - theirs[i])), 0);
      t.ok(largest <= 1e-4, `${name}: logits differ by ${largest.toExponential(1)} at most`);
      t.ok(Math.max(...ours) > 0.1, `${name}: and are no zeros`);
      const best = (logits: Float32Array, i: number) => {
        const row = logits.subarray(10 * i, 10 * i + 10);
        return row.indexOf(Math.max(...row));
      };
      const differing = Array.from({ length: IMAGES }, (_, i) => i).filter((i) => best(theirs, i) !== best(ours, i));
      t.same(differing, [], `${name}: all predictions equal`);
      await session.release();
    }
  }

  await t.test('the ONNX project’s own checker finds nothing', { skip: debianPython('onnx') }, async (t) => {
    const script = `
import onnx, pathlib, sys
for file in sorted(pathlib.Path(sys.argv[1]).glob('*.onnx')):
    model = onnx.load(str(file))
    onnx.checker.check_model(model, full_check=True)
    print(file.name, model.ir_version, model.opset_import[0].version)`;
    const said = execFileSync(PYTHON, ['-c', script, folder]).toString().trim().split('\n');
    t.equal(said.length, readdirSync(folder).filter((name) => name.endsWith('.onnx')).length);
    t.ok(said.length >= 8, 'LeNets and a residual network, by BP and FA');
    for (const line of said) t.match(line, / 8 17$/);
  });
});

test('NumPy reads an npz', { skip: debianPython('numpy') }, (t) => {
  const file = join(t.testdir(), 'x.npz');
  const arrays = {
    'conv1.weight': { shape: [2, 3], data: Float32Array.of(0, 1, -2, 0.5, 3, 1e30) },
    labels: { shape: [3], data: Uint8Array.of(0, 9, 255) },
    epsilon: { shape: [], data: Float64Array.of(0.1) },
    attack: 'mi-fgsm',
  };
  writeFileSync(file, encodeNpz(arrays));
  const script = `
import json, numpy, sys
z = numpy.load(sys.argv[1])
print(json.dumps({name: [str(z[name].dtype), list(z[name].shape), z[name].tolist()] for name in z.files}))`;
  const found = JSON.parse(execFileSync(PYTHON, ['-c', script, file]).toString());
  t.same(found, {
    'conv1.weight': [
      'float32',
      [2, 3],
      [
        [0, 1, -2],
        [0.5, 3, Math.fround(1e30)],
      ],
    ],
    labels: ['uint8', [3], [0, 9, 255]],
    epsilon: ['float64', [], 0.1],
    attack: ['<U7', [], 'mi-fgsm'],
  });
  t.end();
});
