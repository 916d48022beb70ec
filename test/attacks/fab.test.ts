import { test } from 'tap';
import { fab, reachOf } from '../../src/attacks/fab.js';
import { attacks } from '../../src/attacks/index.js';
import { stream } from '../../src/tensor/random.js';
import { tensor } from '../../src/tensor/tensor.js';
import { largestDifference, pixels } from '../helpers/arrays.js';
import { linearModel, reluModel, runAttack } from './small-models.js';

/** How far each pixel must move so that w·z = b, found by bisection: w·(pixels moved by λ along w) only grows with λ. */
function distanceByBisection(x: Float32Array, w: readonly number[], gain: number): number {
  const gained = (reach: number) =>
    x.reduce((sum, pixel, p) => sum + w[p] * (Math.min(1, Math.max(0, pixel + reach * Math.sign(w[p]))) - pixel), 0);
  let [low, high] = [0, 1];
  for (let k = 0; k < 60; k++) {
    const middle = (low + high) / 2;
    if (gained(middle) < gain) low = middle;
    else high = middle;
  }
  return high;
}

test('the distance of a hyperplane inside [0, 1] is what bisection finds, uphill and down', (t) => {
  const random = stream(3);
  for (let k = 0; k < 200; k++) {
    const x = Float32Array.from({ length: 12 }, () => random.uniform());
    const g = Float32Array.from({ length: 12 }, () => (random.uniform() < 0.2 ? 0 : random.normal()));
    const most = x.reduce((sum, pixel, p) => sum + Math.abs(g[p]) * (g[p] > 0 ? 1 - pixel : pixel), 0);
    const gain = most * random.uniform();
    const expected = distanceByBisection(x, [...g], gain);
    t.ok(Math.abs(reachOf(x, g, 0, 12, gain) - expected) < 1e-6, `${k}`);
    const down = reachOf(x, g.map((slope) => -slope), 0, 12, -gain); // biome-ignore format: one line
    t.ok(Math.abs(down + expected) < 1e-6);
  }
  t.equal(reachOf(Float32Array.of(0.5), Float32Array.of(1), 0, 1, 0.6), 1, 'beyond every wall');
  t.equal(reachOf(Float32Array.of(0.5), Float32Array.of(0), 0, 1, 0.6), 1, 'no slope at all');
  t.equal(reachOf(Float32Array.of(0.5), Float32Array.of(1), 0, 1, 0), 0);
  t.end();
});

test('on a linear model it finds the nearest adversarial example, and none that is not there', (t) => {
  const random = stream(4);
  let [near, far] = [0, 0];
  for (let k = 0; k < 60; k++) {
    const rows = [0, 1, 2].map(() => Array.from({ length: 8 }, () => random.normal()));
    const network = linearModel(rows, [0, 0, 0]);
    const image = pixels(8, k);
    const labels = network.predict(tensor(image, [1, 8]));
    const [label] = labels;
    const score = (row: readonly number[]) => row.reduce((sum, value, p) => sum + value * image[p], 0);
    const distances = [0, 1, 2]
      .filter((other) => other !== label)
      .map((other) => {
        const difference = rows[other].map((value, p) => value - rows[label][p]);
        return distanceByBisection(image, difference, -score(difference));
      });
    const nearest = Math.min(...distances);
    if (nearest > 0.9) continue; // no such example within [0, 1]
    const wide = runAttack(fab, network, image, labels, { epsilon: nearest * 1.03 });
    t.ok(wide.fooled[0], `${k}: within 3 % of ${nearest}`);
    t.ok(largestDifference(wide.adversarial, image) <= nearest * 1.03 + 1e-6);
    near++;
    const narrow = runAttack(fab, network, image, labels, { epsilon: nearest * 0.99 });
    t.notOk(narrow.fooled[0]);
    t.equal(largestDifference(narrow.adversarial, image), 0, 'what has none keeps its clean image');
    far++;
  }
  t.ok(near > 30 && far > 30, 'enough of them were met');
  t.end();
});

test('the likeliest other class need not be the nearest: it goes for each in turn', (t) => {
  const flat = [0, 0, 0];
  const network = linearModel([flat, flat, [1, 1, 1]], [1, 0.99, -1]);
  const image = new Float32Array(3).fill(0.5);
  const options = { epsilon: 0.2 };
  t.ok(runAttack(fab, network, image, new Uint8Array(1), options).fooled[0]);
  t.notOk(runAttack(fab, network, image, new Uint8Array(1), { ...options, targets: 1 }).fooled[0]);
  t.end();
});

test('an image that is misclassified without attack is left alone', (t) => {
  const network = reluModel([1, 3, 3], 5);
  const image = pixels(9, 5);
  const [prediction] = network.predict(tensor(image, [1, 1, 3, 3]));
  const { adversarial, queries, fooled } = runAttack(fab, network, image, Uint8Array.of((prediction + 1) % 4), { epsilon: 1 }); // biome-ignore format: one line
  t.ok(fooled[0]);
  t.equal(largestDifference(adversarial, image), 0);
  t.equal(queries[0], 1);
  t.end();
});

test('an oracle of another loss is refused: its losses are no distances to a boundary', (t) => {
  const network = reluModel([1, 3, 3], 5);
  const image = pixels(9, 5);
  const labels = network.predict(tensor(image, [1, 1, 3, 3]));
  t.throws(
    () => runAttack(fab, network, image, labels, { epsilon: 0.1, loss: 'dlr' }),
    /FAB: the loss is .*losses\.margin/,
  );
  t.end();
});

test('it stands in the table of attacks', (t) => {
  t.equal(attacks.fab, fab);
  t.end();
});
