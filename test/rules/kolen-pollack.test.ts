import { test } from 'tap';
import { datasets } from '../../src/datasets/index.js';
import { loadKernels } from '../../src/tensor/backends.js';
import { firstImages } from '../../src/tensor/images.js';
import { defaultTraining } from '../../src/training/options.js';
import { learningRate } from '../../src/training/schedule.js';
import { train } from '../../src/training/train.js';
import { lenetOf, weightsOf } from '../helpers/networks.js';

const mnist = await datasets.mnist.load();
const shown = firstImages(mnist.train, 320);
const weighted = ['conv1', 'conv2', 'fc1', 'fc2', 'fc3'];

for (const settings of [
  { optimizer: 'sgd', momentum: 0, learningRate: 0.02 },
  { optimizer: 'sgd', momentum: 0.9, learningRate: 0.02 },
  { optimizer: 'adam', learningRate: 0.002 },
] as const) {
  const { optimizer } = settings;
  const momentum = 'momentum' in settings ? ` with momentum ${settings.momentum}` : '';
  test(`W − B shrinks by Π(1 − η_t λ) under ${optimizer}${momentum}`, async (t) => {
    const network = lenetOf('kp', await loadKernels());
    const difference = (name: string) => {
      const [w, b] = [weightsOf(network, `${name}.weight`), weightsOf(network, `${name}.feedback`)];
      return Float64Array.from(w, (value, i) => value - b[i]);
    };
    const before = new Map(weighted.map((name) => [name, difference(name)]));
    const options = { ...defaultTraining, ...settings, epochs: 2, decoupledDecay: 5, warmupEpochs: 1, batchSize: 32 };
    train(network, shown, options);
    let factor = 1;
    for (let step = 0; step < 20; step++) {
      const schedule = { rate: options.learningRate, decay: options.decay, warmupSteps: 10 };
      factor *= 1 - options.decoupledDecay * learningRate(schedule, step, 20);
    }
    t.ok(factor < 0.96, `it has shrunk: ${factor}`);
    for (const [name, old] of before) {
      const now = difference(name);
      const worst = Math.max(...now.map((value, i) => Math.abs(value - factor * old[i])));
      t.ok(worst < 1e-5, `${name}: ${worst}`);
    }
  });
}

test('B begins at 0.3 of its usual size, and learns in conv1 too', async (t) => {
  const kernels = await loadKernels();
  const [kp, fa] = [lenetOf('kp', kernels), lenetOf('fa', kernels)];
  t.ok(kp.parameters.feedback.every((value, i) => Math.abs(value - 0.3 * fa.parameters.feedback[i]) < 1e-7));
  const before = weightsOf(kp, 'conv1.feedback').slice();
  train(kp, shown, { epochs: 1 });
  t.notSame([...weightsOf(kp, 'conv1.feedback')], [...before]);
});
