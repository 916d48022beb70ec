import { loadPart, storePart, ZERO } from './vectors';

/** 2⁻¹⁰⁰; kernels.ts explains why smaller moments become 0. */
const LEAST_MOMENT: f32 = 7.888609052210118e-31;

/** Makes a step of SGD with momentum and weight decay: v ← momentum·v + scale·g + decay·w;  w ← w − rate·v. */
export function sgd(w: usize, g: usize, v: usize, length: i32, rate: f32, momentum: f32, decay: f32, scale: f32): void {
  const rates = f32x4.splat(rate);
  const momenta = f32x4.splat(momentum);
  const decays = f32x4.splat(decay);
  const scales = f32x4.splat(scale);
  for (; length > 0; length -= 4) {
    const whole = length >= 4;
    const weight = whole ? v128.load(w) : loadPart(w, length);
    const gradient = whole ? v128.load(g) : loadPart(g, length);
    const old = whole ? v128.load(v) : loadPart(v, length);
    const scaled = f32x4.add(f32x4.mul(momenta, old), f32x4.mul(scales, gradient));
    const velocity = ended(f32x4.add(scaled, f32x4.mul(decays, weight)));
    const stepped = f32x4.sub(weight, f32x4.mul(rates, velocity));
    if (whole) {
      v128.store(v, velocity);
      v128.store(w, stepped);
    } else {
      storePart(v, velocity, length);
      storePart(w, stepped, length);
    }
    w += 16;
    g += 16;
    v += 16;
  }
}

/**
 * Makes a step of Adam: g ← scale·g + decay·w;  m ← β₁m + (1−β₁)g;  v ← β₂v + (1−β₂)g²;  w ← w − rate·m / (√v +
 * epsilon). The caller computes 1 − β in float64: in float32 it would lose half of its digits.
 */
export function adam(
  w: usize,
  g: usize,
  m: usize,
  v: usize,
  length: i32,
  rate: f32,
  beta1: f32,
  oneMinusBeta1: f32,
  beta2: f32,
  oneMinusBeta2: f32,
  epsilon: f32,
  decay: f32,
  scale: f32,
): void {
  const rates = f32x4.splat(rate);
  const epsilons = f32x4.splat(epsilon);
  const decays = f32x4.splat(decay);
  const scales = f32x4.splat(scale);
  for (; length > 0; length -= 4) {
    const whole = length >= 4;
    const weight = whole ? v128.load(w) : loadPart(w, length);
    const raw = whole ? v128.load(g) : loadPart(g, length);
    const gradient = f32x4.add(f32x4.mul(scales, raw), f32x4.mul(decays, weight));
    const first = ended(mix(beta1, whole ? v128.load(m) : loadPart(m, length), oneMinusBeta1, gradient));
    const square = f32x4.mul(gradient, gradient);
    const second = ended(mix(beta2, whole ? v128.load(v) : loadPart(v, length), oneMinusBeta2, square));
    const step = f32x4.div(f32x4.mul(rates, first), f32x4.add(f32x4.sqrt(second), epsilons));
    const stepped = f32x4.sub(weight, step);
    if (whole) {
      v128.store(m, first);
      v128.store(v, second);
      v128.store(w, stepped);
    } else {
      storePart(m, first, length);
      storePart(v, second, length);
      storePart(w, stepped, length);
    }
    w += 16;
    g += 16;
    m += 16;
    v += 16;
  }
}

/** Returns 0 for a moment below the least one, otherwise the moment; NaN stays NaN. */
function ended(moment: v128): v128 {
  return v128.andnot(moment, f32x4.lt(f32x4.abs(moment), f32x4.splat(LEAST_MOMENT)));
}

/** Returns p·x + q·y. */
function mix(p: f32, x: v128, q: f32, y: v128): v128 {
  return f32x4.add(f32x4.mul(f32x4.splat(p), x), f32x4.mul(f32x4.splat(q), y));
}

/**
 * Computes total[i] = parts[0][i] + parts[1][i] + …, added in that order.
 *
 * @param parts the address of the `count` (at least 1) parts' addresses, 32-bit integers
 */
export function sumParts(parts: usize, count: i32, total: usize, length: i32): void {
  const end = parts + ((<usize>count) << 2);
  let at: usize = 0;
  let left = length;
  for (; left >= 16; left -= 16) {
    const head = load<usize>(parts) + at;
    let s0 = v128.load(head);
    let s1 = v128.load(head, 16);
    let s2 = v128.load(head, 32);
    let s3 = v128.load(head, 48);
    for (let p = parts + 4; p < end; p += 4) {
      const from = load<usize>(p) + at;
      s0 = f32x4.add(s0, v128.load(from));
      s1 = f32x4.add(s1, v128.load(from, 16));
      s2 = f32x4.add(s2, v128.load(from, 32));
      s3 = f32x4.add(s3, v128.load(from, 48));
    }
    const to = total + at;
    v128.store(to, s0);
    v128.store(to, s1, 16);
    v128.store(to, s2, 32);
    v128.store(to, s3, 48);
    at += 64;
  }
  for (; left > 0; left--) {
    let sum = load<f32>(load<usize>(parts) + at);
    for (let p = parts + 4; p < end; p += 4) sum += load<f32>(load<usize>(p) + at);
    store<f32>(total + at, sum);
    at += 4;
  }
}

/** Computes x ← clip(project(x + alpha·sign(direction))): first |x − clean| ≤ epsilon, then x in [low, high]. */
export function signStep(
  x: usize,
  direction: usize,
  clean: usize,
  length: i32,
  alpha: f32,
  epsilon: f32,
  low: f32,
  high: f32,
): void {
  const epsilons = f32x4.splat(epsilon);
  const lows = f32x4.splat(low);
  const highs = f32x4.splat(high);
  for (; length > 0; length -= 4) {
    const whole = length >= 4;
    const old = whole ? v128.load(x) : loadPart(x, length);
    const start = whole ? v128.load(clean) : loadPart(clean, length);
    const moved = alongSign(old, whole ? v128.load(direction) : loadPart(direction, length), f32x4.splat(alpha));
    // pmax and pmin return their first argument if one is NaN: NaN stays NaN.
    const least = f32x4.pmax(f32x4.sub(start, epsilons), lows);
    const most = f32x4.pmin(f32x4.add(start, epsilons), highs);
    const bounded = f32x4.pmin(f32x4.pmax(moved, least), most);
    if (whole) v128.store(x, bounded);
    else storePart(x, bounded, length);
    x += 16;
    direction += 16;
    clean += 16;
  }
}

/** Returns x + alpha·sign(direction), with sign(0) = 0; NaN where the direction is NaN. */
function alongSign(x: v128, direction: v128, alphas: v128): v128 {
  const up = v128.and(f32x4.gt(direction, ZERO), alphas);
  const down = v128.and(f32x4.lt(direction, ZERO), alphas);
  return v128.or(f32x4.add(x, f32x4.sub(up, down)), f32x4.ne(direction, direction));
}

/** Computes out = |magnitude|·sign(value), with sign(0) = 0. */
export function copySigns(magnitude: usize, value: usize, out: usize, length: i32): void {
  const signBit = i32x4.splat(0x80000000);
  for (; length > 0; length -= 4) {
    const whole = length >= 4;
    const sign = whole ? v128.load(value) : loadPart(value, length);
    const size = f32x4.abs(whole ? v128.load(magnitude) : loadPart(magnitude, length));
    const signed = v128.and(v128.or(size, v128.and(sign, signBit)), f32x4.ne(sign, ZERO));
    if (whole) v128.store(out, signed);
    else storePart(out, signed, length);
    magnitude += 16;
    value += 16;
    out += 16;
  }
}

/** Computes x ← factor·x. */
export function rescale(x: usize, length: i32, factor: f32): void {
  const factors = f32x4.splat(factor);
  for (; length >= 4; length -= 4) {
    v128.store(x, f32x4.mul(v128.load(x), factors));
    x += 16;
  }
  if (length > 0) storePart(x, f32x4.mul(loadPart(x, length), factors), length);
}
