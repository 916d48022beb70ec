import { test } from 'tap';
import { type DecayName, decays, learningRate } from '../../src/training/schedule.js';

const rates = (decay: DecayName, steps: number, warmupSteps = 0) =>
  Array.from({ length: steps }, (_, step) => learningRate({ rate: 8, decay, warmupSteps }, step, steps));
const rounded = (values: readonly number[]) => values.map((value) => Number(value.toPrecision(12)));

test('constant: the same rate at every step', async (t) => {
  t.same(rates('constant', 4), [8, 8, 8, 8]);
});

test('linear: falls by the same amount each step, from the full rate towards 0 after the last', async (t) => {
  t.same(rates('linear', 4), [8, 6, 4, 2]);
});

test('step: a tenth after half of the steps, a hundredth after three quarters', async (t) => {
  t.same(rounded(rates('step', 8)), [8, 8, 8, 8, 0.8, 0.8, 0.08, 0.08]);
});

test('cosine: half a wave from the full rate towards 0', async (t) => {
  t.same(rounded(rates('cosine', 4)), rounded([8, 4 + 4 * Math.SQRT1_2, 4, 4 - 4 * Math.SQRT1_2]));
});

test('warm-up rises linearly to the decayed rate, which it reaches at its last step', async (t) => {
  t.same(rates('constant', 6, 4), [2, 4, 6, 8, 8, 8]);
  t.same(rates('linear', 4, 2), [4, 6, 4, 2]);
});

test('no warm-up means the full rate at once', async (t) => {
  t.equal(learningRate({ rate: 0.1, decay: 'linear', warmupSteps: 0 }, 0, 1), 0.1);
});

test('every decay begins at 1, never rises and stays above 0', async (t) => {
  for (const [name, decay] of Object.entries(decays)) {
    t.equal(decay(0), 1, name);
    for (let i = 1; i < 100; i++)
      t.ok(decay(i / 100) <= decay((i - 1) / 100) && decay(i / 100) > 0, `${name} at ${i} %`);
  }
});
