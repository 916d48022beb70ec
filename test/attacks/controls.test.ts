import { test } from 'tap';
import { attackMemory } from '../../src/attacks/attack.js';
import { grey, signNoise, uniformNoise } from '../../src/attacks/controls.js';
import { referenceKernels } from '../../src/tensor/reference.js';
import { largestDifference, pixels, sameBits } from '../helpers/arrays.js';

const size = 1000;
const images = pixels(2 * size, 1);

function run(attack: typeof grey, epsilon: number, target = images): Float32Array {
  const gradient = () => {
    throw new Error('a control looks at no network');
  };
  const adversarial = new Float32Array(target.length);
  const memory = attackMemory(referenceKernels(), 2, size);
  memory.queries.fill(9);
  attack.run({ images: target, labels: new Uint8Array(2), n: 2, gradient }, { epsilon }, memory, adversarial);
  if (memory.queries.some((count) => count !== 0)) throw new Error('it was not shown to the network');
  return adversarial;
}

test('uniform noise fills the ball evenly, and differs from image to image', (t) => {
  const middle = new Float32Array(2 * size).fill(0.5);
  const noise = run(uniformNoise, 0.2, middle).map((x) => (x - 0.5) / 0.2);
  t.ok(noise.every((value) => Math.abs(value) <= 1 + 1e-6));
  const variance = noise.reduce((sum, value) => sum + value * value, 0) / noise.length;
  t.ok(Math.abs(variance - 1 / 3) < 0.03, 'the variance of the uniform distribution is 1/3');
  t.ok(largestDifference(noise.slice(0, size), noise.slice(size)) > 0.5);
  t.end();
});

test('sign noise moves every pixel by ε, up or down, half of them each', (t) => {
  const noise = run(signNoise, 0.1, new Float32Array(2 * size).fill(0.5));
  const [up, down] = [Math.fround(0.6), Math.fround(0.4)];
  t.ok(noise.every((x) => x === up || x === down));
  const share = noise.filter((x) => x === up).length / noise.length;
  t.ok(Math.abs(share - 0.5) < 0.045, `${share} upwards: within four standard deviations of a half`);
  const agree = noise.slice(0, size).filter((x, p) => x === noise[size + p]).length / size;
  t.ok(Math.abs(agree - 0.5) < 0.065, 'one image says nothing of the other');
  t.ok(
    run(signNoise, 0.9).every((x) => x >= 0 && x <= 1),
    'clipped to the pixel range',
  );
  t.end();
});

test('grey moves every pixel towards a half by ε, and from ε = 0.5 on all the way', (t) => {
  const near = run(grey, 0.2);
  images.forEach((x, p) => {
    const expected = Math.abs(x - 0.5) <= 0.2 ? 0.5 : x + 0.2 * Math.sign(0.5 - x);
    if (Math.abs(near[p] - expected) > 1e-7) t.fail(`pixel ${p}: ${near[p]}, not ${expected}`);
  });
  for (const epsilon of [0.5, 1]) t.ok(run(grey, epsilon).every((x) => x === 0.5));
  t.end();
});

test('the same seed makes the same noise', (t) => {
  t.ok(sameBits(run(uniformNoise, 0.3), run(uniformNoise, 0.3)));
  t.ok(sameBits(run(signNoise, 0.3), run(signNoise, 0.3)));
  t.end();
});
