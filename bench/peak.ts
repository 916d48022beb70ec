/*
 * Measures the peak of one core: float32 operations per second in WebAssembly with fixed-width SIMD.
 *
 * The loop has as many multiplications as additions. No operation waits for another, and all numbers are in registers:
 * no loads, no stores, no cache. A matrix product also needs loads, so it stays below this number. WebAssembly has
 * fused multiply-adds only in relaxed SIMD, whose results depend on the machine. Native code has them, and with AVX2 or
 * AVX-512 registers of twice or four times the width.
 */
import asc from 'assemblyscript/asc';

/** The number of chains of each operation: enough to hide its latency, few enough for 16 registers. */
const CHAINS = 6;
const UNROLLED = 8;
const ITERATIONS = 20_000;
const LANES = 4;

/** Returns one line of AssemblyScript for each chain. */
const each = (line: (i: number) => string): string => Array.from({ length: CHAINS }, (_, i) => line(i)).join('\n');
const step = `${each((i) => `p${i} = f32x4.mul(p${i}, factors); s${i} = f32x4.add(s${i}, terms);`)}\n`;

/** The loop. Factor and term are arguments, so that no compiler can compute the result beforehand. */
const source = `
export function run(iterations: i32, factor: f32, term: f32): f32 {
  const factors = f32x4.splat(factor);
  const terms = f32x4.splat(term);
  ${each((i) => `let p${i} = factors; let s${i} = terms;`)}
  for (let i = 0; i < iterations; i++) {
    ${step.repeat(UNROLLED)}
  }
  let all = f32x4.splat(0);
  ${each((i) => `all = f32x4.add(all, f32x4.add(p${i}, s${i}));`)}
  return f32x4.extract_lane(all, 0);
}
`;

/** The loop, and the number of operations of one call. */
export interface PeakLoop {
  run(): void;
  readonly flops: number;
}

export async function peakLoop(): Promise<PeakLoop> {
  const options = { optimizeLevel: 3, runtime: 'stub', enable: ['simd'] };
  const { binary, error, stderr } = await asc.compileString(source, options);
  if (error || !binary) throw new Error(`the loop for the peak did not compile: ${stderr.toString()}`);
  const module = await WebAssembly.compile(Uint8Array.from(binary));
  const { exports } = await WebAssembly.instantiate(module, { env: { abort() {} } });
  const run = exports.run as (iterations: number, factor: number, term: number) => number;
  return {
    run: () => {
      run(ITERATIONS, 1, 1);
    },
    flops: ITERATIONS * UNROLLED * CHAINS * 2 * LANES,
  };
}
