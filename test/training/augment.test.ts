import { test } from 'tap';
import type { RandomStream } from '../../src/tensor/random.js';
import { stream } from '../../src/tensor/random.js';
import { augment } from '../../src/training/augment.js';

/** A stream whose integers are given: rows down, columns right, mirrored or not. */
const dealt = (...integers: number[]): RandomStream => ({
  ...stream(1),
  integer: () => integers.shift() ?? Number.NaN,
});

const augmented = (image: readonly number[], shape: readonly number[], random: RandomStream): number[] => {
  const out = new Float64Array(image.length);
  augment(Float64Array.from(image), out, shape, random);
  return [...out];
};

test('an image is moved, and black comes in from outside', async (t) => {
  const image = [1, 2, 3, 4, 5, 6, 7, 8, 9];
  t.same(augmented(image, [1, 3, 3], dealt(0, 0, 0)), image);
  t.same(augmented(image, [1, 3, 3], dealt(1, 0, 0)), [4, 5, 6, 7, 8, 9, 0, 0, 0]);
  t.same(augmented(image, [1, 3, 3], dealt(0, -1, 0)), [0, 1, 2, 0, 4, 5, 0, 7, 8]);
  t.same(augmented(image, [1, 3, 3], dealt(-2, 2, 0)), [0, 0, 0, 0, 0, 0, 3, 0, 0]);
});

test('mirroring turns every row round, behind the crop', async (t) => {
  t.same(augmented([1, 2, 3, 4, 5, 6], [1, 2, 3], dealt(0, 0, 1)), [3, 2, 1, 6, 5, 4]);
  t.same(augmented([1, 2, 3, 4, 5, 6], [1, 2, 3], dealt(0, 1, 1)), [0, 3, 2, 0, 6, 5]);
});

test('all channels move together', async (t) => {
  t.same(augmented([1, 2, 3, 4, 10, 20, 30, 40], [2, 2, 2], dealt(1, 0, 1)), [4, 3, 0, 0, 40, 30, 0, 0]);
});

test('moves reach from −4 to 4 pixels either way, all equally often, and half of the images are mirrored', async (t) => {
  const [size, centre] = [21, 10];
  const random = stream(3);
  const seen = new Map<string, number>();
  let mirrored = 0;
  const rounds = 81 * 60;
  for (let i = 0; i < rounds; i++) {
    const [image, out] = [new Float32Array(size * size), new Float32Array(size * size)];
    image[centre * size + centre] = 1;
    image[centre * size + centre + 1] = 2; // to the right of the centre, unless mirrored
    augment(image, out, [1, size, size], random);
    const [one, two] = [out.indexOf(1), out.indexOf(2)];
    if (two < one) mirrored++;
    const key = `${Math.floor(one / size) - centre}, ${(one % size) - centre}`;
    seen.set(key, (seen.get(key) ?? 0) + 1);
  }
  t.equal(seen.size, 81);
  const chiSquare = [...seen.values()].reduce((sum, count) => sum + (count - 60) ** 2 / 60, 0);
  t.ok(chiSquare < 80 + 4 * Math.sqrt(160), `${chiSquare}`);
  t.ok(Math.abs(mirrored / rounds - 0.5) < 2 / Math.sqrt(rounds), `${mirrored} of ${rounds}`);
});
