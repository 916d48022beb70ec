import { test } from 'tap';
import { apgd } from '../../src/attacks/apgd.js';
import { apgdT } from '../../src/attacks/apgd-t.js';
import { attacks } from '../../src/attacks/index.js';
import { tensor } from '../../src/tensor/tensor.js';
import { largestDifference, pixels } from '../helpers/arrays.js';
import { linearModel, linearOptimum, reluModel, runAttack } from './small-models.js';

/** Class 0 leads; class 1 is the likeliest other, but only class 2 can be reached. */
const flat = [0, 0, 0, 0, 0, 0];
const w = [0.5, -1, 2, -0.25, 1.5, -3];
const lured = linearModel([flat, flat, w, flat], [1, 0.9, -1, -9]);

test('on a linear model it finds the optimum towards whichever class can be reached', (t) => {
  const images = new Float32Array(6).fill(0.5);
  const epsilon = 0.4;
  for (const loss of ['margin', 'dlr'] as const) {
    const { adversarial, fooled } = runAttack(apgdT, lured, images, new Uint8Array(1), { epsilon, loss });
    t.ok(fooled[0], loss);
    const score = adversarial.reduce((sum, x, p) => sum + w[p] * x, 0);
    const best = linearOptimum(images, w, epsilon).reduce((sum, x, p) => sum + w[p] * x, 0);
    t.ok(score > 2 && score <= best + 1e-5, `${loss}: class 2 is at ${score}, ${best} is the most`);
    const one = runAttack(apgdT, lured, images, new Uint8Array(1), { epsilon, loss, targets: 1 });
    t.notOk(one.fooled[0], 'towards the likeliest class alone it gets nowhere');
    t.ok(one.queries[0] <= 102, 'and asks once for each step, the start and the ranking');
  }
  t.end();
});

test('together they fool every image that APGD on the margin does, and leave with the first example', (t) => {
  for (let seed = 1; seed <= 8; seed++) {
    const network = reluModel([1, 4, 4], seed);
    const images = pixels(10 * 16, seed);
    const labels = network.predict(tensor(images, [10, 1, 4, 4]));
    const options = { epsilon: 0.08, iterations: 40 };
    const untargeted = runAttack(apgd, network, images, labels, options);
    const targeted = runAttack(apgdT, network, images, labels, { ...options, loss: 'dlr' });
    const missed = untargeted.fooled.filter((yes, i) => yes && !targeted.fooled[i]);
    t.same(missed, [], `seed ${seed}`);
    t.ok(largestDifference(targeted.adversarial, images) <= 0.08 + 1e-7);
    t.ok(targeted.fooled.every((yes, i) => !yes || targeted.queries[i] < 1 + 3 * 41));
  }
  t.end();
});

test('it stands in the table of attacks', (t) => {
  t.equal(attacks['apgd-t'], apgdT);
  t.end();
});
