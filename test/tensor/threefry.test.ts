import { test } from 'tap';
import { threefry } from '../../src/tensor/threefry.js';
import { forAll, plain, sameBits, simd } from './twins.js';

test('Threefry-2x32-20 gives the words of its authors’ known answers', async (t) => {
  const hex = (words: readonly number[]) => words.map((word) => (word >>> 0).toString(16).padStart(8, '0')).join(' ');
  t.equal(hex(threefry([0, 0], [0, 0])), '6b200159 99ba4efe');
  t.equal(hex(threefry([-1, -1], [-1, -1])), '1cb996fc bb002be7');
  t.equal(hex(threefry([0x243f6a88, 0x85a308d3], [0x13198a2e, 0x03707344])), 'c4923a9c 483df7a0');
});

test('both kernels draw the same bits, whole or in any parts that begin at a multiple of 8', async () => {
  forAll(60, ({ random, size, pair }) => {
    const length = size(0, 60);
    const draw = {
      keys: [random.integer(-5, 2 ** 31 - 1) | 0, random.integer(0, 999)] as const,
      step: random.integer(0, 1e6),
    };
    const first = 8 * random.integer(0, 1e6);
    const out = pair(new Float32Array(length));
    plain.uniform(out.plain, length, first, draw);
    simd.uniform(out.simd, length, first, draw);
    sameBits(out.simd, out.plain);
    const cut = 8 * Math.floor(length / 16);
    const parts = pair(new Float32Array(length));
    simd.uniform(parts.simd.subarray(cut), length - cut, first + cut, draw);
    simd.uniform(parts.simd, cut, first, draw);
    sameBits(parts.simd, out.plain);
  });
});

test('a stream’s numbers are uniform in [−1, 1): mean, variance, and no correlation with the next, the next step or key', async (t) => {
  const n = 100_000;
  const drawn = (step: number, keys: readonly [number, number]) => {
    const out = new Float32Array(n);
    plain.uniform(out, n, 0, { keys, step });
    return out;
  };
  const a = drawn(3, [1, 2]);
  const mean = (f: (i: number) => number) => Array.from(a, (_, i) => f(i)).reduce((sum, x) => sum + x, 0) / n;
  const bound = (deviation: number) => (5 * deviation) / Math.sqrt(n);
  t.ok(Math.abs(mean((i) => a[i])) < bound(Math.sqrt(1 / 3)));
  t.ok(Math.abs(mean((i) => a[i] ** 2) - 1 / 3) < bound(Math.sqrt(4 / 45)));
  const others = [drawn(4, [1, 2]), drawn(3, [2, 2]), drawn(3, [1, 3]), Float32Array.from(a, (_, i) => a[(i + 1) % n])];
  for (const b of others) t.ok(Math.abs(mean((i) => a[i] * b[i])) < bound(1 / 3));
  t.ok(a.every((x) => x >= -1 && x < 1));
});

test('signs are copied and numbers rescaled exactly as the plain twin does', async () => {
  forAll(100, ({ size, numbers, pair, random }) => {
    const length = size(0, 50);
    const [magnitude, value, out] = [pair(numbers(length)), pair(numbers(length)), pair(numbers(length))];
    plain.copySigns(magnitude.plain, value.plain, out.plain, length);
    simd.copySigns(magnitude.simd, value.simd, out.simd, length);
    out.plain.forEach((x, i) => {
      const expected = Math.abs(magnitude.plain[i]) * Math.sign(value.plain[i]);
      if (x !== expected || out.simd[i] !== expected) throw new Error(`[${i}]: ${out.simd[i]}, not ${expected}`);
    });
    const factor = Math.fround(random.uniform());
    plain.rescale(value.plain, length, factor);
    simd.rescale(value.simd, length, factor);
    sameBits(value.simd, value.plain);
  });
});
