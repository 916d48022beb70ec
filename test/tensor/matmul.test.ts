import fc from 'fast-check';
import { test } from 'tap';
import type { Kernels } from '../../src/tensor/kernels.js';
import { float64Kernels, referenceKernels } from '../../src/tensor/reference.js';
import type { FloatArray } from '../../src/tensor/tensor.js';
import { normals, sameBits } from '../helpers/arrays.js';
import { anySeed, assert, forAll, sizeUpTo } from '../helpers/cases.js';

type Form = 'matmul' | 'matmulTA' | 'matmulTB';
const forms: readonly Form[] = ['matmul', 'matmulTA', 'matmulTB'];
const precisions: readonly [string, Kernels<FloatArray>][] = [
  ['float32', referenceKernels() as Kernels<FloatArray>],
  ['float64', float64Kernels() as Kernels<FloatArray>],
];

/** The plain triple loop, each form written out as its definition says. */
function naive(form: Form, a: FloatArray, b: FloatArray, c: FloatArray, m: number, n: number, k: number, add: boolean) {
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let l = 0; l < k; l++) {
        const left = form === 'matmulTA' ? a[l * m + i] : a[i * k + l];
        const right = form === 'matmulTB' ? b[j * k + l] : b[l * n + j];
        sum += left * right;
      }
      c[i * n + j] = add ? c[i * n + j] + sum : sum;
    }
  }
}

const filled = (kernels: Kernels<FloatArray>, values: Float64Array): FloatArray => {
  const array = kernels.alloc(values.length);
  array.set(values);
  return array;
};

test('the three forms give the product that a hand gives', async (t) => {
  const { matmul, matmulTA, matmulTB } = referenceKernels();
  const product = (run: (c: Float32Array) => void) => {
    const c = new Float32Array(4);
    run(c);
    return [...c];
  };
  // A = [1 2 3; 4 5 6], B = [7 8; 9 10; 11 12]: A·B = [58 64; 139 154].
  const [a, at] = [Float32Array.of(1, 2, 3, 4, 5, 6), Float32Array.of(1, 4, 2, 5, 3, 6)];
  const [b, bt] = [Float32Array.of(7, 8, 9, 10, 11, 12), Float32Array.of(7, 9, 11, 8, 10, 12)];
  const expected = [58, 64, 139, 154];
  t.same(
    product((c) => matmul(a, b, c, 2, 2, 3)),
    expected,
  );
  t.same(
    product((c) => matmulTA(at, b, c, 2, 2, 3)),
    expected,
  );
  t.same(
    product((c) => matmulTB(a, bt, c, 2, 2, 3)),
    expected,
  );
});

test('accumulating adds to what is there; not accumulating forgets it, NaN too', async (t) => {
  const { matmul } = referenceKernels();
  const c = Float32Array.of(100);
  matmul(Float32Array.of(2, 3), Float32Array.of(4, 5), c, 1, 1, 2, true);
  t.equal(c[0], 123);
  c[0] = Number.NaN;
  matmul(Float32Array.of(2, 3), Float32Array.of(4, 5), c, 1, 1, 2);
  t.equal(c[0], 23);
});

test('a product over no numbers is zero, or what was there', async (t) => {
  const { matmul } = referenceKernels();
  const [none, c] = [new Float32Array(0), Float32Array.of(1, 2, 3, 4)];
  matmul(none, none, c, 2, 2, 0, true);
  t.same([...c], [1, 2, 3, 4]);
  matmul(none, none, c, 2, 2, 0);
  t.same([...c], [0, 0, 0, 0]);
});

const shape = fc.record({ m: sizeUpTo(13), n: sizeUpTo(13), k: sizeUpTo(11), seed: anySeed, accumulate: fc.boolean() });

for (const [precision, kernels] of precisions) {
  for (const form of forms) {
    test(`${form} in ${precision} is the naive triple loop to the bit, and writes nothing behind its end`, async () => {
      forAll(300, shape, ({ m, n, k, seed, accumulate }) => {
        const a = filled(kernels, normals(m * k, seed));
        const b = filled(kernels, normals(k * n, seed + 1));
        const actual = filled(kernels, normals(m * n + 3, seed + 2));
        const expected = actual.slice();
        kernels[form](a, b, actual, m, n, k, accumulate);
        naive(form, a, b, expected, m, n, k, accumulate);
        assert(sameBits(actual, expected), `${[...actual]}, not ${[...expected]}`);
      });
    });
  }

  test(`in ${precision} each row of a product has the same bits whichever rows it is computed with`, async () => {
    const rows = fc.record({ m: sizeUpTo(9, 1), n: sizeUpTo(9, 1), k: sizeUpTo(20), seed: anySeed });
    forAll(100, rows, ({ m, n, k, seed }) => {
      const a = filled(kernels, normals(m * k, seed));
      const b = filled(kernels, normals(k * n, seed + 1));
      for (const form of ['matmul', 'matmulTB'] as const) {
        const whole = kernels.alloc(m * n);
        kernels[form](a, b, whole, m, n, k);
        for (let i = 0; i < m; i++) {
          const alone = kernels.alloc(n);
          kernels[form](a.subarray(i * k, (i + 1) * k), b, alone, 1, n, k);
          assert(sameBits(alone, whole.slice(i * n, (i + 1) * n)), `${form}: row ${i} of ${m}`);
        }
      }
    });
  });
}

test('an infinite or missing number spoils its own row and column alone', async (t) => {
  const { matmul } = referenceKernels();
  const [m, n, k] = [6, 6, 5];
  const a = Float32Array.from(normals(m * k, 1));
  const b = Float32Array.from(normals(k * n, 2));
  a[2 * k + 3] = Number.NaN;
  b[4 * n + 5] = Number.POSITIVE_INFINITY;
  const c = new Float32Array(m * n);
  matmul(a, b, c, m, n, k);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) t.equal(Number.isFinite(c[i * n + j]), i !== 2 && j !== 5, `[${i}, ${j}]`);
  }
});
