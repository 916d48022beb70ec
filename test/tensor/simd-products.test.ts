import { test } from 'tap';
import { type AnyKernels, absolute, close, type Dice, forAll, place, plain, sameBits, simd, U } from './twins.js';

type Form = 'matmul' | 'matmulTA' | 'matmulTB';
const forms: readonly Form[] = ['matmul', 'matmulTA', 'matmulTB'];

/**
 * A float32 sum of k products, in whatever order, errs by at most k·u·Σ|a||b| (Higham 2002, §3.1, to first order); one
 * addition to C and the twin's own rounding come on top.
 */
function agree(form: Form, { pair, numbers, flag }: Dice, m: number, n: number, k: number): void {
  const accumulate = flag();
  const [a, b, c] = [pair(numbers(m * k)), pair(numbers(k * n)), pair(numbers(m * n))];
  const scale = accumulate ? absolute(c.plain) : new Float32Array(m * n);
  plain[form](absolute(a.plain), absolute(b.plain), scale, m, n, k, true);
  plain[form](a.plain, b.plain, c.plain, m, n, k, accumulate);
  simd[form](a.simd, b.simd, c.simd, m, n, k, accumulate);
  close(c.simd, c.plain, (i) => 1.01 * (k + 3) * U * scale[i]);
}

for (const form of forms) {
  test(`${form} agrees with its plain twin within (k + 3)·2⁻²⁴·Σ|a||b|, whatever the shape`, async () => {
    forAll(300, (dice) => agree(form, dice, dice.size(0, 13), dice.size(0, 41), dice.size(0, 40)));
  });

  test(`${form} agrees on LeNet’s shapes`, async () => {
    const shapes = [
      [6, 784, 25],
      [16, 100, 150],
      [25, 84, 6],
      [6, 25, 784],
      [16, 150, 100],
      [16, 10, 84],
    ];
    for (const [m, n, k] of shapes) forAll(2, (dice) => agree(form, dice, m, n, k));
  });

  test(`${form} gives a row of C the same bits whichever rows it is computed with`, async () => {
    forAll(150, ({ size, numbers, random }) => {
      const [m, n, k] = [size(1, 12), size(1, 27), size(0, 30)];
      const [values, b] = [numbers(m * k), place(numbers(k * n))];
      const whole = rowsOf(simd, form, values, b, m, n, k, 0, m);
      const first = random.integer(0, m - 1);
      const last = random.integer(first + 1, m);
      sameBits(rowsOf(simd, form, values, b, m, n, k, first, last), whole.subarray(first * n, last * n));
    });
  });
}

test('a column of C has the same bits whichever columns it is computed with', async () => {
  forAll(100, ({ size, numbers, random }) => {
    const [m, n, k] = [size(1, 6), size(1, 27), size(0, 30)];
    const [a, rows] = [place(numbers(m * k)), numbers(n * k)];
    const chosen = random.integer(0, n - 1);
    const [c, column] = [place(new Float32Array(m * n)), place(new Float32Array(m))];
    simd.matmulTB(a, place(rows), c, m, n, k);
    simd.matmulTB(a, place(rows.subarray(chosen * k, (chosen + 1) * k)), column, m, 1, k);
    sameBits(
      Float32Array.from(column, (_, i) => c[i * n + chosen]),
      column,
    );
    const transposed = Float32Array.from(rows, (_, i) => rows[(i % n) * k + Math.floor(i / n)]);
    simd.matmul(a, place(transposed), c, m, n, k);
    simd.matmul(a, place(rows.subarray(chosen * k, (chosen + 1) * k)), column, m, 1, k);
    sameBits(
      Float32Array.from(column, (_, i) => c[i * n + chosen]),
      column,
    );
  });
});

test('a NaN or an infinity in one row of A reaches that row of C and no other', async (t) => {
  for (const form of ['matmul', 'matmulTB'] as const) {
    const a = place(Float32Array.from({ length: 5 * 7 }, (_, i) => (i === 2 * 7 + 3 ? Number.NaN : 1)));
    const c = place(new Float32Array(5 * 9));
    simd[form](a, place(new Float32Array(9 * 7).fill(1)), c, 5, 9, 7);
    const isNaNRow = [0, 1, 2, 3, 4].map((r) => c.subarray(r * 9, (r + 1) * 9).every(Number.isNaN));
    t.same(isNaNRow, [false, false, true, false, false], form);
    t.ok(c.every((value, i) => value === 7 || (i >= 18 && i < 27)));
  }
});

/** Rows [first, last) of the product, computed from those rows of A alone; `values` holds A's rows, `[m, k]`. */
function rowsOf(
  kernels: AnyKernels,
  form: Form,
  values: Float32Array,
  b: Float32Array,
  m: number,
  n: number,
  k: number,
  first: number,
  last: number,
): Float32Array {
  const rows = last - first;
  const cut = values.subarray(first * k, last * k);
  const a = form === 'matmulTA' ? cut.map((_, i) => values[(first + (i % rows)) * k + Math.floor(i / rows)]) : cut;
  const c = place(new Float32Array(rows * n), m % 4);
  kernels[form](place(a, rows % 4), b, c, rows, n, k);
  return c;
}
