import fc from 'fast-check';
import { test } from 'tap';
import { attacks } from '../../src/attacks/index.js';
import { sameBits } from '../helpers/arrays.js';
import { attacked, naivelyAttacked, patchy, victims, wavy } from '../helpers/attacks.js';
import { anySeed, assert, forAll, sizeUpTo } from '../helpers/cases.js';

const { bim } = attacks;
/** One grey pixel whose loss always grows upwards. */
const upwards = { images: Float32Array.of(0.25), labels: Uint8Array.of(0), size: 1, gradient: () => [1] };
const near = (a: number, b: number) => Math.abs(a - b) < 1e-6;

test('ten steps of ε / 10 unless told otherwise', async (t) => {
  let steps = 0;
  const counted = { ...upwards, gradient: () => [++steps] };
  t.ok(near(attacked(bim, counted, { epsilon: 0.5 })[0], 0.75));
  t.equal(steps, 10);
  t.equal(bim.defaultIterations, 10);
});

test('the step size is ε / iterations, so that the whole way is ε', async (t) => {
  for (const iterations of [1, 2, 7, 30]) {
    t.ok(near(attacked(bim, upwards, { epsilon: 0.5, iterations })[0], 0.75), `${iterations}`);
  }
});

test('a step size of one’s own goes as far as it goes, but not out of the ball', async (t) => {
  t.equal(attacked(bim, upwards, { epsilon: 0.5, iterations: 3, stepSize: 0.0625 })[0], 0.4375);
  t.equal(attacked(bim, upwards, { epsilon: 0.25, iterations: 3, stepSize: 0.125 })[0], 0.5);
  t.equal(attacked(bim, upwards, { epsilon: 0.25, iterations: 1, stepSize: 8 })[0], 0.5);
});

test('without projection steps add up beyond ε; without clipping, beyond white', async (t) => {
  const options = { epsilon: 0.25, iterations: 3, stepSize: 0.25, project: false };
  t.equal(attacked(bim, upwards, options)[0], 1);
  t.equal(attacked(bim, upwards, { ...options, iterations: 2 })[0], 0.75);
  t.equal(attacked(bim, upwards, { ...options, iterations: 8, clip: false })[0], 2.25);
});

test('projection is around the clean image, not around the last step', async (t) => {
  // Up to 0.5 in two steps; then the gradient turns, and the way back leads past the clean image.
  const turning = {
    ...upwards,
    images: Float32Array.of(0.5),
    gradient: (x: Float32Array) => [x[0] >= 0.75 || x[0] < 0.5 ? -1 : 1],
  };
  t.equal(attacked(bim, turning, { epsilon: 0.25, iterations: 2, stepSize: 0.125 })[0], 0.75);
  t.equal(attacked(bim, turning, { epsilon: 0.25, iterations: 3, stepSize: 0.5 })[0], 0.25);
});

test('an image without gradient never moves; one whose gradient vanishes stops there', async (t) => {
  const four = {
    images: Float32Array.of(0.5, 0.5, 0.5, 0.5),
    labels: Uint8Array.of(0, 1, 2, 3),
    size: 1,
    gradient: ([x]: Float32Array, label: number) => [x < [0, 0.65, 9, 0.55][label] ? 1 : 0],
  };
  const result = attacked(bim, four, { epsilon: 0.5, iterations: 8, stepSize: 0.0625 });
  t.same([...result], [0.5, 0.6875, 1, 0.5625]);
});

test('leaving the working set changes no result: BIM is the naive loop over single images, bit for bit', async () => {
  const cases = fc.record({
    n: sizeUpTo(7, 1),
    size: sizeUpTo(9, 1),
    seed: anySeed,
    epsilon: fc.double({ min: 0.001, max: 1, noNaN: true }),
    iterations: sizeUpTo(14, 1),
    stepSize: fc.option(fc.double({ min: 0.001, max: 0.5, noNaN: true }), { nil: undefined }),
    project: fc.boolean(),
    clip: fc.boolean(),
    dying: fc.boolean(),
  });
  forAll(400, cases, ({ n, size, seed, dying, ...options }) => {
    const target = victims(n, size, seed, dying ? patchy : wavy);
    const [actual, expected] = [attacked(bim, target, options), naivelyAttacked(target, options)];
    assert(sameBits(actual, expected), `${[...actual]}, not ${[...expected]}`);
  });
});
