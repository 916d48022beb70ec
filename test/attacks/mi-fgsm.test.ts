import fc from 'fast-check';
import { test } from 'tap';
import { attacks } from '../../src/attacks/index.js';
import { accumulated } from '../../src/attacks/mi-fgsm.js';
import { sameBits } from '../helpers/arrays.js';
import { attacked, naivelyAttacked, patchy, victims, wavy } from '../helpers/attacks.js';
import { anySeed, assert, forAll, sizeUpTo } from '../helpers/cases.js';

const { bim } = attacks;
const miFgsm = attacks['mi-fgsm'];
const grey = (size: number) => new Float32Array(size).fill(0.5);

/** One image of two grey pixels that is given these gradients, one a step. */
const scripted = (...gradients: readonly [number, number][]) => {
  let step = 0;
  return { images: grey(2), labels: Uint8Array.of(0), size: 2, gradient: () => gradients[step++] };
};
const options = { epsilon: 0.5, iterations: 2, stepSize: 0.125, momentum: 0.5 };

test('g ← μ·g + ∇J / ‖∇J‖₁, each image on its own', async (t) => {
  const direction = Float32Array.of(1, -1, 0, 0, 0.5, 0.5, 77);
  accumulated(0.5)(Float32Array.of(3, -1, -5, 0, 0, 0, 77), direction, 3, 2);
  t.same([...direction], [0.5 + 0.75, -0.5 - 0.25, -1, 0, 0.25, 0.25, 77], 'and what lies behind is left alone');
});

test('two steps by hand: what was accumulated outweighs the new gradient, once both have length 1', async (t) => {
  // g₁ = (0.9, 0.1); g₂ = 0.5·g₁ + (−0.3, −0.7) = (0.15, −0.65): signs (+, +), then (+, −).
  const expected = [0.75, 0.5];
  t.same([...attacked(miFgsm, scripted([9, 1], [-3, -7]), options)], expected);
  t.same([...attacked(miFgsm, scripted([9, 1], [-300, -700]), options)], expected, 'however long the second is');
  t.same([...attacked(miFgsm, scripted([9e-30, 1e-30], [-3e30, -7e30]), options)], expected);
});

test('it is the gradients that accumulate, not their signs: signs would have turned the first pixel round', async (t) => {
  // Accumulated signs: 0.5·(1, 1) + (−1, −1) = (−0.5, −0.5).
  t.equal(attacked(miFgsm, scripted([9, 1], [-3, -7]), options)[0], 0.75);
  // With less momentum the new gradient wins: 0.3·0.9 − 0.3 < 0.
  t.equal(attacked(miFgsm, scripted([9, 1], [-3, -7]), { ...options, momentum: 0.3 })[0], 0.5);
});

test('a neighbour’s gradient, however large, says nothing about an image’s own norm', async (t) => {
  const alone = attacked(miFgsm, scripted([9, 1], [-3, -7]), options);
  let call = 0;
  const together = {
    images: grey(4),
    labels: Uint8Array.of(0, 1),
    size: 2,
    gradient: (_: Float32Array, label: number) => {
      const [first, second] =
        label === 0
          ? [
              [9, 1],
              [-3, -7],
            ]
          : [
              [990, 0],
              [1, 1],
            ];
      return call++ < 2 ? first : second;
    },
  };
  t.same([...attacked(miFgsm, together, options).subarray(0, 2)], [...alone]);
});

test('a zero gradient adds nothing: momentum alone carries on', async (t) => {
  t.same([...attacked(miFgsm, scripted([1, -1], [0, 0]), options)], [0.75, 0.25]);
});

test('an image without gradient at the start never moves', async (t) => {
  t.same([...attacked(miFgsm, scripted([0, 0], [0, 0]), options)], [0.5, 0.5]);
});

test('momentum 0.8 and ten steps of ε / 10 unless told otherwise', async (t) => {
  const target = victims(4, 11, 1, wavy);
  const spelledOut = { epsilon: 0.3, iterations: 10, stepSize: 0.03, momentum: 0.8 };
  t.ok(sameBits(attacked(miFgsm, target, { epsilon: 0.3 }), attacked(miFgsm, target, spelledOut)));
  t.notOk(
    sameBits(attacked(miFgsm, target, { epsilon: 0.3 }), attacked(miFgsm, target, { ...spelledOut, momentum: 0.2 })),
  );
});

test('without momentum it is BIM, bit for bit: only signs matter', async (t) => {
  for (const gradient of [wavy, patchy]) {
    const target = victims(6, 10, 3, gradient);
    for (const epsilon of [0.1, 0.45, 1]) {
      const expected = attacked(bim, target, { epsilon });
      t.ok(sameBits(attacked(miFgsm, target, { epsilon, momentum: 0 }), expected));
    }
  }
});

test('one step is FGSM, whatever the momentum', async (t) => {
  const target = victims(6, 10, 4, wavy);
  const expected = attacked(attacks.fgsm, target, { epsilon: 0.2 });
  t.ok(sameBits(attacked(miFgsm, target, { epsilon: 0.2, iterations: 1, momentum: 0.9 }), expected));
});

test('eq. 5 read literally: steps of ε, never projected, never clipped', async (t) => {
  const always = { images: grey(1), labels: Uint8Array.of(0), size: 1, gradient: () => [2] };
  const literal = { epsilon: 0.25, stepSize: 0.25, project: false, clip: false };
  t.equal(attacked(miFgsm, always, literal)[0], 0.5 + 10 * 0.25);
});

test('where gradient and momentum cancel exactly the image waits, and goes on when they no longer do', async (t) => {
  // One pixel; the loss grows towards 0.55. μ = 1: g = 1, then 1 − 1 = 0 (it waits), then −1, then −1 + 1 = 0.
  const target = {
    images: grey(1),
    labels: Uint8Array.of(0),
    size: 1,
    gradient: ([x]: Float32Array) => [x < 0.55 ? 1 : -1],
  };
  const at = (iterations: number) =>
    attacked(miFgsm, target, { epsilon: 0.5, stepSize: 0.125, momentum: 1, iterations })[0];
  t.same([1, 2, 3, 4, 5].map(at), [0.625, 0.625, 0.5, 0.5, 0.625]);
});

test('leaving the working set changes no result: MI-FGSM is the naive loop over single images, bit for bit', async () => {
  const cases = fc.record({
    n: sizeUpTo(7, 1),
    size: sizeUpTo(9, 1),
    seed: anySeed,
    epsilon: fc.double({ min: 0.001, max: 1, noNaN: true }),
    iterations: sizeUpTo(14, 1),
    momentum: fc.constantFrom(0, 0.3, 0.8, 0.95, 1, 1.2),
    stepSize: fc.option(fc.double({ min: 0.001, max: 0.5, noNaN: true }), { nil: undefined }),
    project: fc.boolean(),
    clip: fc.boolean(),
    dying: fc.boolean(),
  });
  forAll(400, cases, ({ n, size, seed, dying, ...chosen }) => {
    const target = victims(n, size, seed, dying ? patchy : wavy);
    const [actual, expected] = [attacked(miFgsm, target, chosen), naivelyAttacked(target, chosen)];
    assert(sameBits(actual, expected), `${[...actual]}, not ${[...expected]}`);
  });
});
