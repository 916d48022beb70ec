import { test } from 'tap';
import { permutation, type RandomStream, stream } from '../../src/tensor/random.js';

const draw = (random: RandomStream, count: number) => Array.from({ length: count }, () => random.uniform());

/** Σ (observed − expected)² / expected over cells that are all expected alike. */
function chiSquare(counts: ArrayLike<number>): number {
  const cells = Array.from(counts);
  const expected = cells.reduce((sum, count) => sum + count, 0) / cells.length;
  return cells.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

/** The mean of z^power. */
const moment = (z: ArrayLike<number>, power: number) =>
  Array.from(z).reduce((sum, value) => sum + value ** power, 0) / z.length;

test("a seed's stream never changes: every saved result depends on these numbers", async (t) => {
  const random = stream(1);
  t.same(
    [random.uniform(), random.uniform(), random.normal(), random.normal()],
    [0.6736728088076744, 0.6843181698669564, 0.8300194169036941, -0.35836801994956097],
  );
  t.same([random.integer(0, 999), random.truncatedNormal(2)], [482, 0.3540044395550875]);
  t.same(
    draw(stream(1).split('weights').split('conv1'), 3),
    [0.09282492055087621, 0.9881635443752215, 0.5698294736058948],
  );
  t.same([...permutation(10, stream(1))], [9, 3, 1, 5, 2, 4, 8, 6, 7, 0]);
  t.same([...permutation(10, stream(7).split('shuffle').split(3))], [3, 8, 5, 4, 7, 6, 2, 0, 9, 1]);
});

test('the same seed and names give the same numbers, however much was drawn elsewhere', async (t) => {
  const root = stream(5);
  const before = draw(root.split('weights'), 5);
  draw(root, 100);
  root.normal();
  draw(root.split('feedback'), 7);
  t.same(draw(root.split('weights'), 5), before);
  t.same(draw(stream(5).split('weights'), 5), before);
});

test('a split takes nothing from its parent', async (t) => {
  const [split, plain] = [stream(5), stream(5)];
  draw(split.split('child'), 10);
  t.same(draw(split, 5), draw(plain, 5));
});

test('other seeds, other names, other nestings: other streams', async (t) => {
  const streams = [
    stream(1),
    stream(2),
    stream(0),
    stream(1).split('a'),
    stream(1).split('b'),
    stream(2).split('a'),
    stream(1).split('a').split('b'),
    stream(1).split('b').split('a'),
    stream(1).split('ab'),
    stream(1).split(0),
    stream(1).split(1),
  ];
  t.equal(new Set(streams.map((random) => random.uniform())).size, streams.length);
});

test('streams of neighbouring seeds and names have nothing to do with each other', async (t) => {
  const count = 10_000;
  const families: [string, (i: number) => RandomStream][] = [
    ['seeds', (i) => stream(i)],
    ['names', (i) => stream(1).split(i)],
    ['grandchildren', (i) => stream(i).split('weights').split('conv1')],
  ];
  for (const [name, nth] of families) {
    const pairs = new Float64Array(256);
    let [correlation, previous] = [0, 0];
    for (let i = 0; i < count; i++) {
      const random = nth(i);
      const [first, second] = [random.uniform(), random.uniform()];
      pairs[Math.floor(first * 16) * 16 + Math.floor(second * 16)]++;
      correlation += (12 * (first - 0.5) * previous) / count;
      previous = first - 0.5;
    }
    // 255 degrees of freedom: mean 255, standard deviation 23; four of them up.
    t.ok(chiSquare(pairs) < 345, `${name}: first and second draws fill the square`);
    t.ok(Math.abs(correlation) < 4 / Math.sqrt(count), `${name}: a stream says nothing of the next`);
  }
});

test('uniform numbers fill [0, 1) evenly', async (t) => {
  const numbers = draw(stream(3), 64_000);
  const cells = new Float64Array(64);
  for (const value of numbers) cells[Math.floor(value * 64)]++;
  t.ok(numbers.every((value) => value >= 0 && value < 1));
  t.ok(chiSquare(cells) < 63 + 4 * Math.sqrt(126), '63 degrees of freedom, four standard deviations');
});

test('integers cover their range evenly, both ends included', async (t) => {
  const random = stream(4);
  const counts = new Float64Array(7);
  for (let i = 0; i < 14_000; i++) counts[random.integer(-3, 3) + 3]++;
  t.ok(chiSquare(counts) < 6 + 4 * Math.sqrt(12));
  t.equal(random.integer(5, 5), 5);
});

test('normal numbers have the moments and the tails of the normal distribution', async (t) => {
  const count = 200_000;
  const random = stream(6);
  const z = Float64Array.from({ length: count }, () => random.normal());
  // Standard errors of the first four moments: √(1, 2, 15, 96) / √count.
  const allowed = (variance: number) => 4 * Math.sqrt(variance / count);
  t.ok(Math.abs(moment(z, 1)) < allowed(1), 'mean 0');
  t.ok(Math.abs(moment(z, 2) - 1) < allowed(2), 'variance 1');
  t.ok(Math.abs(moment(z, 3)) < allowed(15), 'symmetric');
  t.ok(Math.abs(moment(z, 4) - 3) < allowed(96), 'kurtosis 3');
  const beyond = (bound: number) => z.filter((value) => Math.abs(value) > bound).length / count;
  t.ok(Math.abs(beyond(1) - 0.317311) < allowed(0.2166), '31.7 % lie beyond one sigma');
  t.ok(Math.abs(beyond(3) - 0.0026998) < allowed(0.0027), '0.27 % beyond three');
});

test('the pairs that the polar method makes are independent of each other', async (t) => {
  const random = stream(8);
  const count = 50_000;
  let [product, squares] = [0, 0];
  for (let i = 0; i < count; i++) {
    const [a, b] = [random.normal(), random.normal()];
    product += (a * b) / count;
    squares += ((a * a - 1) * (b * b - 1)) / count;
  }
  t.ok(Math.abs(product) < 4 / Math.sqrt(count));
  t.ok(Math.abs(squares) < (4 * 2) / Math.sqrt(count));
});

test('truncated normal numbers end at the cut and keep the shape below it', async (t) => {
  const random = stream(9);
  const count = 100_000;
  const z = Float64Array.from({ length: count }, () => random.truncatedNormal(2));
  t.ok(
    z.every((value) => Math.abs(value) <= 2),
    'none beyond the cut',
  );
  t.ok(z.some((value) => value > 1.99) && z.some((value) => value < -1.99), 'both sides reach it');
  t.ok(Math.abs(moment(z, 1)) < 4 * Math.sqrt(0.7737 / count));
  // Var = 1 − 2·2φ(2) / (2Φ(2) − 1) = 0.77374…: redrawn, not clamped (0.9205 with mass at ±2).
  t.ok(Math.abs(moment(z, 2) - 0.773741) < 4 * Math.sqrt(0.83 / count));
});

test('a permutation holds each number once', async (t) => {
  for (const n of [0, 1, 2, 17, 1000]) {
    const sorted = [...permutation(n, stream(n))].sort((a, b) => a - b);
    t.same(
      sorted,
      Array.from({ length: n }, (_, i) => i),
    );
  }
});

test('every order of four is equally likely', async (t) => {
  const random = stream(10);
  const counts = new Map<string, number>();
  for (let i = 0; i < 24_000; i++) {
    const order = permutation(4, random).join('');
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  t.equal(counts.size, 24);
  t.ok(chiSquare([...counts.values()]) < 23 + 4 * Math.sqrt(46));
});
