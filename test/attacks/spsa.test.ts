import { test } from 'tap';
import { spsa } from '../../src/attacks/spsa.js';
import { largestDifference, pixels } from '../helpers/arrays.js';
import { linearModel, linearOptimum, runAttack } from './small-models.js';

const w = [0.5, -1, 2, -0.75];
const safe = linearModel([[0, 0, 0, 0], w, [0, 0, 0, 0]], [20, 0, -50]); // biome-ignore format: rows

test('on a linear model SPSA finds the optimum x + ε·sign(w) from losses alone', (t) => {
  const images = pixels(3 * 4, 1);
  const options = { epsilon: 0.05, iterations: 40, samples: 64 };
  const { adversarial } = runAttack(spsa, safe, images, new Uint8Array(3), options);
  const apart = largestDifference(adversarial, linearOptimum(images, w, 0.05));
  t.ok(apart < 1e-6, `${apart}`);
  t.end();
});

test('an image that stands is shown steps × (samples + 1) times, however many fit at once', (t) => {
  for (const n of [1, 5]) {
    let asked = 0;
    const onAsked = (count: number) => {
      asked += count;
    };
    const options = { epsilon: 0.1, iterations: 7, samples: 22, onAsked };
    const { queries } = runAttack(spsa, safe, pixels(4 * n, 2), new Uint8Array(n), options);
    t.same([...queries], new Array(n).fill(7 * 23));
    t.equal(asked, n * 7 * 23, 'and the network was asked that often');
  }
  t.end();
});

test('an image leaves after the step that fooled the network', (t) => {
  // Class 1 wins as soon as the one pixel that counts has grown by 0.035: after four steps of 0.01.
  const close = linearModel([[0, 0, 0, 0], [10, 0, 0, 0], [0, 0, 0, 0]], [0, -5.35, -50]); // biome-ignore format: rows
  const image = new Float32Array(4).fill(0.5);
  const { queries, fooled } = runAttack(spsa, close, image, Uint8Array.of(0), { epsilon: 0.1, samples: 64 });
  t.same(fooled, [true]);
  t.same([...queries], [4 * 65]);
  t.end();
});

test('the estimate has no preferred direction: on a flat loss nothing moves', (t) => {
  const flat = linearModel([[0, 0, 0, 0], [0, 0, 0, 0]], [1, 0]); // biome-ignore format: rows
  const image = pixels(4, 3);
  const { adversarial } = runAttack(spsa, flat, image, Uint8Array.of(0), { epsilon: 0.1, iterations: 3 });
  t.same(adversarial, image);
  t.end();
});
