import { test } from 'tap';
import { attackMemory } from '../../src/attacks/attack.js';
import { pgd } from '../../src/attacks/pgd.js';
import { referenceKernels } from '../../src/tensor/reference.js';
import { tensor } from '../../src/tensor/tensor.js';
import { largestDifference, pixels, sameBits } from '../helpers/arrays.js';
import { linearModel, linearOptimum, reluModel, runAttack } from './small-models.js';

const w = [0.5, -1, 2, -0.25, 1.5, -3];
const safe = linearModel([[0, 0, 0, 0, 0, 0], w, [0, 0, 0, 0, 0, 0]], [20, 0, -50]); // biome-ignore format: rows

test('on a linear model PGD finds the one optimum, x + ε·sign(w)', (t) => {
  const images = pixels(4 * 6, 1);
  for (const epsilon of [0.05, 0.3, 1]) {
    const { adversarial } = runAttack(pgd, safe, images, new Uint8Array(4), { epsilon });
    const apart = largestDifference(adversarial, linearOptimum(images, w, epsilon));
    t.ok(apart < 1e-6, `ε = ${epsilon}: ${apart}`);
  }
  t.end();
});

test('PGD starts at random in the ball: uniformly, and elsewhere for another seed', (t) => {
  const flat = linearModel([new Array(900).fill(0), new Array(900).fill(0)], [1, 0]); // it never moves from its start
  const image = new Float32Array(900).fill(0.5);
  const start = (seed: number) =>
    runAttack(pgd, flat, image, new Uint8Array(1), { epsilon: 0.2, seed }).adversarial.map((x) => (x - 0.5) / 0.2);
  const one = start(1);
  t.ok(one.every((noise) => Math.abs(noise) <= 1 + 1e-6));
  for (let k = 0; k < 10; k++) {
    const share = one.filter((noise) => noise >= -1 + k / 5 && noise < -1 + (k + 1) / 5).length / 900;
    t.ok(Math.abs(share - 0.1) < 0.04, `${share} of the noise in tenth ${k}`); // four standard deviations
  }
  t.ok(sameBits(start(1), one));
  t.ok(largestDifference(start(2), one) > 0.5);
  t.end();
});

test('restarts go on with the images that stand, and keep the highest loss', (t) => {
  const network = reluModel([1, 3, 3], 4);
  const images = pixels(20 * 9, 3);
  const labels = network.predict(tensor(images, [20, 1, 3, 3]));
  const options = { epsilon: 0.05, iterations: 5 };
  const one = runAttack(pgd, network, images, labels, options);
  const many = runAttack(pgd, network, images, labels, { ...options, restarts: 4 });
  t.ok(one.fooled.includes(true) && many.fooled.includes(false), 'some images fall, some stand');
  one.fooled.forEach((fooled, i) => {
    if (fooled) {
      t.ok(sameBits(many.adversarial.slice(9 * i, 9 * i + 9), one.adversarial.slice(9 * i, 9 * i + 9)), `image ${i}`);
      t.equal(many.queries[i], 6, 'five gradients and the look at what came of them');
    } else {
      t.ok(many.fooled[i] || many.losses[i] >= one.losses[i], `image ${i}`);
    }
    if (!many.fooled[i]) t.equal(many.queries[i], 24);
  });
  t.ok(
    many.losses.some((loss, i) => !many.fooled[i] && loss > one.losses[i]),
    'some image is worse off for the restarts',
  );
  t.end();
});

test('a gradient is enough for one start; for more, the network must tell who is fooled', (t) => {
  const target = {
    images: Float32Array.of(0.5),
    labels: Uint8Array.of(0),
    n: 1,
    gradient: () => Float32Array.of(1),
  };
  const adversarial = new Float32Array(1);
  pgd.run(target, { epsilon: 0.1 }, attackMemory(referenceKernels(), 1, 1), adversarial);
  t.ok(Math.abs(adversarial[0] - 0.6) < 1e-6);
  const again = () =>
    pgd.run(target, { epsilon: 0.1, restarts: 2 }, attackMemory(referenceKernels(), 1, 1), adversarial);
  t.throws(again, /PGD needs the network's losses and predictions/);
  t.end();
});
