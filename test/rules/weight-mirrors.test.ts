import { test } from 'tap';
import { datasets } from '../../src/datasets/index.js';
import { mirror } from '../../src/rules/weight-mirrors.js';
import { angleBetween } from '../../src/tensor/angle.js';
import { loadKernels } from '../../src/tensor/backends.js';
import { firstImages } from '../../src/tensor/images.js';
import { referenceKernels } from '../../src/tensor/reference.js';
import { train } from '../../src/training/train.js';
import { normals, relativeDifference } from '../helpers/arrays.js';
import { lenetOf, weightsOf } from '../helpers/networks.js';

test('the mean of noise × response over the variance is W', async (t) => {
  const [outputs, inputs] = [4, 6];
  const kernels = referenceKernels();
  const weight = Float32Array.from(normals(outputs * inputs, 1));
  const sum = new Float64Array(outputs * inputs);
  const looks = 400;
  for (let look = 0; look < looks; look++) {
    const noise = new Float32Array(mirror.samples * inputs);
    kernels.uniform(noise, noise.length, 0, { keys: [1, 2], step: look });
    const feedback = new Float32Array(outputs * inputs);
    const step = { kernels, step: -mirror.before, steps: 1 }; // the first look, which replaces all of B
    mirror.reflect(step, { weight, feedback, outputs, inputs }, noise, new Float32Array(mirror.samples * outputs));
    feedback.forEach((value, i) => {
      sum[i] += value / looks;
    });
  }
  // One look's estimate errs by √((‖w‖² + …)/256): some 15 %; 400 looks by less than a percent.
  t.ok(relativeDifference(sum, weight) < 0.015, `${relativeDifference(sum, weight)}`);
});

test('after a little training B is nearly W, in size and direction, in every layer', async (t) => {
  const mnist = await datasets.mnist.load();
  const network = lenetOf('wm', await loadKernels());
  train(network, firstImages(mnist.train, 1280), { epochs: 2 });
  for (const name of ['conv1', 'conv2', 'fc1', 'fc2', 'fc3']) {
    const [w, b] = [weightsOf(network, `${name}.weight`), weightsOf(network, `${name}.feedback`)];
    const angle = angleBetween(w, b) ?? 90;
    const norm = (values: Float32Array) => Math.hypot(...values);
    t.ok(angle < 14, `${name}: ${angle.toFixed(1)}°`);
    t.ok(Math.abs(norm(b) / norm(w) - 1) < 0.05, `${name}: ${norm(b) / norm(w)}`);
  }
});
