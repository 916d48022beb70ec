import { test } from 'tap';
import { loadKernels } from '../../src/tensor/backends.js';
import { Heap } from '../../src/tensor/heap.js';
import { backends } from '../../src/tensor/kernels.js';
import type { OptimizerOptions } from '../../src/training/optimizer.js';
import type { OptimizerName } from '../../src/training/optimizers.js';
import { optimizers } from '../../src/training/optimizers.js';
import { normals, relativeDifference } from '../helpers/arrays.js';

const STEPS = 25;
const LENGTH = 19;
const RATE = 0.01;
/** The optimizer is given a gradient summed over four images. */
const SCALE = 1 / 4;

type Formula = (w: number, gradients: readonly number[], options: OptimizerOptions) => number;

/** v ← momentum·v + g + decay·w; w ← w − rate·v. */
const sgdFormula: Formula = (start, gradients, { momentum, weightDecay }) => {
  let [w, v] = [start, 0];
  for (const g of gradients) {
    v = momentum * v + (g / 4 + weightDecay * w);
    w -= RATE * v;
  }
  return w;
};

/** Algorithm 1 of Kingma & Ba 2015, line by line. */
const adamFormula: Formula = (start, gradients, { weightDecay }) => {
  const [beta1, beta2, epsilon] = [0.9, 0.999, 1e-8];
  let [w, m, v, t] = [start, 0, 0, 0];
  for (const gradient of gradients) {
    t += 1;
    const g = gradient / 4 + weightDecay * w;
    m = beta1 * m + (1 - beta1) * g;
    v = beta2 * v + (1 - beta2) * g ** 2;
    const mHat = m / (1 - beta1 ** t);
    const vHat = v / (1 - beta2 ** t);
    w -= (RATE * mHat) / (Math.sqrt(vHat) + epsilon);
  }
  return w;
};

const formulas: Record<OptimizerName, Formula> = { sgd: sgdFormula, adam: adamFormula };

for (const backend of backends) {
  const kernels = await loadKernels(backend, new Heap());

  /** How far the weights have moved after 25 steps, and how far the formula says. */
  const moves = (name: OptimizerName, options: OptimizerOptions, start: Float64Array, gradients: Float64Array[]) => {
    const optimizer = optimizers[name];
    const [weights, gradient] = [kernels.alloc(LENGTH), kernels.alloc(LENGTH)];
    const state = optimizer.init(kernels, LENGTH);
    weights.set(start);
    gradients.forEach((values, step) => {
      gradient.set(values);
      optimizer.update(kernels, { weights, gradient, state }, options, RATE, SCALE, step + 1);
    });
    const formula = formulas[name];
    const before = Float32Array.from(start);
    return {
      actual: weights.map((w, i) => w - before[i]),
      expected: Float64Array.from(before, (w, i) => {
        const own = gradients.map((values) => Math.fround(values[i]));
        return formula(w, own, options) - w;
      }),
    };
  };
  const randomGradients = (scale: number) =>
    Array.from({ length: STEPS }, (_, step) => normals(LENGTH, 100 + step).map((value) => scale * value));

  for (const name of Object.keys(formulas) as OptimizerName[]) {
    for (const [momentum, weightDecay] of [
      [0, 0],
      [0.9, 0],
      [0.5, 0.1],
    ]) {
      test(`${backend}: ${name} moves as its formula says, momentum ${momentum}, weight decay ${weightDecay}`, async (t) => {
        const { actual, expected } = moves(name, { momentum, weightDecay }, normals(LENGTH, 1), randomGradients(1));
        t.ok(relativeDifference(actual, expected) < 1e-5, `${relativeDifference(actual, expected)}`);
      });
    }
  }

  test(`${backend}: Adam's epsilon stands beside the corrected root, as in the paper`, async (t) => {
    // Gradients around 1e-8 and weights from 0, so that epsilon decides half of each step.
    const { actual, expected } = moves(
      'adam',
      { momentum: 0, weightDecay: 0 },
      new Float64Array(LENGTH),
      randomGradients(4e-8),
    );
    t.ok(relativeDifference(actual, expected) < 1e-5, `${relativeDifference(actual, expected)}`);
  });

  test(`${backend}: Adam's first step goes by the rate along the sign, however small the gradient`, async (t) => {
    const start = new Float64Array(LENGTH);
    const gradients = [Float64Array.from({ length: LENGTH }, (_, i) => (i % 2 === 0 ? 4 : -0.004))];
    const { actual } = moves('adam', { momentum: 0, weightDecay: 0 }, start, gradients);
    t.ok(actual.every((move, i) => Math.abs(move - (i % 2 === 0 ? -RATE : RATE)) < 1e-6));
  });

  test(`${backend}: a zero gradient moves nothing`, async (t) => {
    for (const name of Object.keys(formulas) as OptimizerName[]) {
      const { actual } = moves(name, { momentum: 0.9, weightDecay: 0 }, normals(LENGTH, 1), [new Float64Array(LENGTH)]);
      t.ok(
        actual.every((move) => move === 0),
        name,
      );
    }
  });
}

test('an optimizer’s state is named arrays of zeros, as long as the parameters: a checkpoint can hold them', async (t) => {
  const kernels = await loadKernels('reference', new Heap());
  for (const [name, keys] of Object.entries({ sgd: ['velocity'], adam: ['mean', 'variance'] })) {
    const state = optimizers[name as OptimizerName].init(kernels, 5);
    t.same(Object.keys(state), keys);
    for (const array of Object.values(state)) t.same([...array], [0, 0, 0, 0, 0]);
  }
});
