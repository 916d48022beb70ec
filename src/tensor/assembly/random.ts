import { storePart } from './vectors';

/** 2⁻²³ */
const UNIT: f32 = 1.1920928955078125e-7;
const PARITY: i32 = 0x1bd11bda;

/**
 * Writes out[i] = number `first + i` of a stream, uniform in [−1, 1), by Threefry-2x32 with 20 rounds (../threefry.ts).
 * It computes four counters at a time: their first words give four numbers, their second words the next four.
 *
 * @param first a multiple of 8
 */
export function uniform(out: usize, length: i32, first: i32, step: i32, key0: i32, key1: i32): void {
  let counters = i32x4.add(i32x4.splat(first >> 1), i32x4(0, 1, 2, 3));
  for (; length > 0; length -= 8) {
    let a = key0;
    let b = key1;
    let c = PARITY ^ key0 ^ key1;
    let x0 = i32x4.add(counters, i32x4.splat(a));
    let x1 = i32x4.add(i32x4.splat(step), i32x4.splat(b));
    for (let group = 1; group <= 5; group++) {
      const odd = (group & 1) === 1;
      x0 = i32x4.add(x0, x1);
      x1 = v128.xor(rotate(x1, odd ? 13 : 17), x0);
      x0 = i32x4.add(x0, x1);
      x1 = v128.xor(rotate(x1, odd ? 15 : 29), x0);
      x0 = i32x4.add(x0, x1);
      x1 = v128.xor(rotate(x1, odd ? 26 : 16), x0);
      x0 = i32x4.add(x0, x1);
      x1 = v128.xor(rotate(x1, odd ? 6 : 24), x0);
      const next = a;
      a = b;
      b = c;
      c = next;
      x0 = i32x4.add(x0, i32x4.splat(a));
      x1 = i32x4.add(x1, i32x4.splat(b + group));
    }
    store4(out, x0, length);
    if (length > 4) store4(out + 16, x1, length - 4);
    counters = i32x4.add(counters, i32x4.splat(4));
    out += 32;
  }
}

function rotate(x: v128, by: i32): v128 {
  return v128.or(i32x4.shl(x, by), i32x4.shr_u(x, 32 - by));
}

/** Stores the upper 24 bits of each lane as a number in [−1, 1). */
function store4(out: usize, bits: v128, length: i32): void {
  const numbers = f32x4.mul(f32x4.convert_i32x4_s(i32x4.shr_s(bits, 8)), f32x4.splat(UNIT));
  if (length >= 4) v128.store(out, numbers);
  else storePart(out, numbers, length);
}
