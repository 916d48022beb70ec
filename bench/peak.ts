/*
 * The ceiling: what one core can do in WebAssembly with fixed-width SIMD, as float32 operations a second.
 *
 * A loop of multiplications and additions, as many of the one as of the other, none waiting for another and all of
 * their numbers in registers: no load, no store, no cache. A matrix product needs loads beside, so that it comes near
 * this number but never there. What it doesn't have is a fused multiply-add: WebAssembly has that in relaxed SIMD
 * alone, whose results depend on the machine, and native code with AVX2 or AVX-512 also has registers of twice or four
 * times the width.
 */
import asc from 'assemblyscript/asc';

/** Chains of each kind: enough to hide the latency of an operation, few enough for 16 registers. */
const CHAINS = 6;
const UNROLLED = 8;
const ITERATIONS = 20_000;
const LANES = 4;

/** One line of AssemblyScript for each chain. */
const each = (line: (i: number) => string): string => Array.from({ length: CHAINS }, (_, i) => line(i)).join('\n');
const step = `${each((i) => `p${i} = f32x4.mul(p${i}, factors); s${i} = f32x4.add(s${i}, terms);`)}\n`;

/** The loop. Factor and term are arguments, so that no compiler can work the result out beforehand. */
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

/** The loop, and how many operations one call of it is. */
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
