/*
 * The standard normal distribution truncated at ±bound, by inversion: it maps a uniform number in [−1, 1) to a draw.
 * With F(z) = ∫₀^z exp(−t²/2) dt, the draw z of u solves F(z) = u·F(bound); F's constant factor cancels.
 *
 * Only +, −, × and ÷ are used: every JavaScript engine rounds these equally. This is not guaranteed for exp and log.
 */

/**
 * The number of intervals of the table; z is linear within each. For a bound of 2 the error is below 3e-7, which is
 * float32's rounding.
 */
const INTERVALS = 8192;
/** The number of Newton steps. The first begins within 0.002 of the root; each squares the distance. */
const NEWTON_STEPS = 4;

/**
 * Returns the inverse of the distribution function, as an odd function of u.
 *
 * @param bound from 0 to 3: the series below loses digits beyond 3
 * @returns z in [−bound, bound] for u in [−1, 1]
 */
export function truncatedNormalQuantile(bound: number): (u: number) => number {
  const table = new Float64Array(INTERVALS + 2).fill(bound);
  const whole = integral(bound).area;
  for (let k = 0, z = 0; k < INTERVALS; k++) {
    for (let step = 0; step < NEWTON_STEPS; step++) {
      const { area, density } = integral(z);
      z += ((k / INTERVALS) * whole - area) / density;
    }
    table[k] = z;
  }
  return (u) => {
    const at = Math.abs(u) * INTERVALS;
    const k = Math.floor(at);
    const z = table[k] + (at - k) * (table[k + 1] - table[k]);
    return u < 0 ? -z : z;
  };
}

/** Computes F(z) = Σ (−1)ⁿ z²ⁿ⁺¹ / (2ⁿ n! (2n + 1)), and its derivative exp(−z²/2) = Σ (−1)ⁿ z²ⁿ / (2ⁿ n!). */
function integral(z: number): { readonly area: number; readonly density: number } {
  let [area, density, term] = [0, 0, 1];
  for (let n = 0; n < 40; n++) {
    density += term;
    area += (term * z) / (2 * n + 1);
    term *= (-z * z) / (2 * (n + 1));
  }
  return { area, density };
}
