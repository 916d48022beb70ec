import { test } from 'tap';
import { truncatedNormalQuantile } from '../../src/tensor/truncated-normal.js';

/** ∫₀^z exp(−t²/2) dt by Simpson's rule: another way than the source's series. */
function area(z: number): number {
  const steps = 2000;
  const h = z / steps;
  let sum = 0;
  for (let i = 0; i <= steps; i++)
    sum += (i === 0 || i === steps ? 1 : 2 + 2 * (i % 2)) * Math.exp(-((i * h) ** 2) / 2);
  return (sum * h) / 3;
}

test('the quantile function inverts the distribution function of the normal cut at ±bound', async (t) => {
  for (const bound of [0.5, 2, 3]) {
    const quantile = truncatedNormalQuantile(bound);
    for (let i = 0; i < 500; i++) {
      const u = (i + 0.37) / 500;
      // z is off by less than 1e-6, and |dF/dz| by at most 1.
      const off = Math.abs(area(quantile(u)) - u * area(bound));
      t.ok(off < 1e-6, `bound ${bound}, u = ${u}: F is off by ${off}`);
    }
  }
});

test('the quantile function is odd and rises from −bound to bound', async (t) => {
  const quantile = truncatedNormalQuantile(2);
  t.equal(quantile(0), 0);
  t.equal(quantile(1), 2);
  t.equal(quantile(-1), -2);
  let before = -2;
  for (let i = -4096; i < 4096; i++) {
    const z = quantile(i / 4096 + 1e-5);
    t.ok(z > before && z <= 2, `u = ${i}/4096`);
    t.equal(quantile(-(i / 4096 + 1e-5)), -z);
    before = z;
  }
});
