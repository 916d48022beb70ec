/* What PyTorch says of two small networks, against this package: test/fixtures/pytorch.py made the numbers. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'tap';
import { attacks, type paperAttacks } from '../../src/attacks/index.js';
import { perturb } from '../../src/attacks/perturb.js';
import { activation } from '../../src/layers/activation.js';
import { avgPool } from '../../src/layers/avg-pool.js';
import { conv2d } from '../../src/layers/conv2d.js';
import { flatten } from '../../src/layers/flatten.js';
import type { Layer } from '../../src/layers/layer.js';
import { linear } from '../../src/layers/linear.js';
import { maxPool } from '../../src/layers/max-pool.js';
import { normalize } from '../../src/layers/normalize.js';
import { relu } from '../../src/layers/relu.js';
import { tanh } from '../../src/layers/tanh.js';
import { crossEntropy } from '../../src/losses/cross-entropy.js';
import { type LossName, losses } from '../../src/losses/index.js';
import { Network } from '../../src/models/network.js';
import { parameterLayout } from '../../src/models/parameters.js';
import { decodeCheckpoint } from '../../src/models/safetensors.js';
import { feedbackAlignment } from '../../src/rules/feedback-alignment.js';
import type { GradientPath } from '../../src/rules/path.js';
import { ruleAlong } from '../../src/rules/path.js';
import { loadKernels } from '../../src/tensor/backends.js';
import type { ClassIndices } from '../../src/tensor/class-indices.js';
import { Heap } from '../../src/tensor/heap.js';
import { backends } from '../../src/tensor/kernels.js';
import { tensor } from '../../src/tensor/tensor.js';
import { largestDifference, relativeDifference } from '../helpers/arrays.js';
import { parameterGradient, weightsOf } from '../helpers/networks.js';

const file = join('test', 'fixtures', 'pytorch.safetensors');
const { tensors } = decodeCheckpoint(readFileSync(file), file);

/** Float32 keeps seven digits; sums of a hundred products lose some of the last. */
const TOLERANCE = 2e-6;

const kinds = { relu: { phi: relu, pool: maxPool }, tanh: { phi: tanh, pool: avgPool } } as const;
type PaperAttack = (typeof paperAttacks)[number];
const paths: readonly GradientPath[] = ['true', 'feedback'];
const lossNames = Object.keys(losses) as LossName[];

function layersOf(kind: keyof typeof kinds): Layer[] {
  const { phi, pool } = kinds[kind];
  return [
    normalize('normalize', [1, 12, 12], { mean: [0.13], std: [0.31] }),
    conv2d('conv1', [1, 12, 12], { outputs: 3, kernel: 5, padding: 2 }),
    activation('act1', [3, 12, 12], phi),
    pool('pool1', [3, 12, 12], { kernel: 2 }),
    conv2d('conv2', [3, 6, 6], { outputs: 4, kernel: 3 }),
    activation('act2', [4, 4, 4], phi),
    pool('pool2', [4, 4, 4], { kernel: 2 }),
    flatten('flatten', [4, 2, 2]),
    linear('fc1', [16], { outputs: 10 }),
    activation('act3', [10], phi),
    linear('fc2', [10], { outputs: 5 }),
  ];
}

for (const backend of backends) {
  const kernels = await loadKernels(backend, new Heap());
  for (const kind of Object.keys(kinds) as (keyof typeof kinds)[]) {
    const of = (name: string) => tensors[`${kind}.${name}`].data;
    const layers = layersOf(kind);
    const { parameterCount, feedbackCount } = parameterLayout(layers);
    const memory = { values: kernels.alloc(parameterCount), feedback: kernels.alloc(feedbackCount) };
    const network = new Network(layers, feedbackAlignment, kernels, memory);
    for (const { name } of [...network.layout.slots, ...network.layout.feedbackSlots]) {
      weightsOf(network, name).set(of(name));
    }
    const images = tensor(of('images'), [4, 1, 12, 12]);
    const labels = Uint8Array.from(of('labels'));
    const title = (what: string) => `${backend}, ${kind}: ${what}`;

    test(title('logits and losses are PyTorch’s'), (t) => {
      const logits = network.logits(images).data;
      t.ok(relativeDifference(logits, of('logits')) < TOLERANCE);
      for (const name of lossNames) {
        const values = new Float64Array(4);
        losses[name].evaluate(logits, labels, 4, 5, values, new Float32Array(20));
        t.ok(relativeDifference(values, of(`loss.${name}`)) < TOLERANCE, name);
      }
      t.end();
    });

    test(title('so are the gradients of the pixels, along either path, for every loss'), (t) => {
      for (const path of paths) {
        for (const name of lossNames) {
          const gradient = network.inputGradient(images, labels, { path, loss: losses[name] }).data;
          const apart = relativeDifference(gradient, of(`gradient.${path}.${name}`));
          t.ok(apart < TOLERANCE, `${name}, ${path}: ${apart}`);
        }
      }
      t.end();
    });

    test(title('and those of the weights and biases, learning by backpropagation or feedback alignment'), (t) => {
      for (const path of paths) {
        const gradient = parameterGradient(network, of('images'), labels, {
          loss: crossEntropy,
          rule: ruleAlong(path, network.rule),
        });
        for (const { name, offset, length } of network.layout.slots) {
          const own = gradient.subarray(offset, offset + length);
          const apart = relativeDifference(own, of(`dparameters.${path}.${name}`));
          t.ok(apart < TOLERANCE, `${name}, ${path}: ${apart}`);
        }
      }
      t.end();
    });

    test(title('FGSM, BIM and MI-FGSM make the same images'), (t) => {
      const made = Object.keys(tensors).filter((name) => name.startsWith(`${kind}.adversarial.`));
      t.equal(made.length, 12);
      for (const name of made) {
        const [, , attack, path, loss] = name.split('.') as [string, string, PaperAttack, GradientPath, LossName];
        const epsilon = Number(name.split('.').slice(5).join('.'));
        const gradient = (x: typeof images, y: ClassIndices) =>
          network.inputGradient(x, y, { path, loss: losses[loss] });
        const { data } = perturb(attacks[attack], images, labels, gradient, { epsilon });
        const apart = largestDifference(data, tensors[name].data);
        t.ok(apart < TOLERANCE, `${name}: ${apart}`);
        t.ok(largestDifference(data, images.data) > 0.9 * epsilon, 'and they did move');
      }
      t.end();
    });
  }
}
