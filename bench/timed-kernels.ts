import { convolutionAlgorithms, convolutionOf } from '../src/layers/conv2d.js';
import type { Kernels } from '../src/tensor/kernels.js';
import { type KernelName, NOT_KERNELS } from './cases.js';

/** The seconds spent in a kernel, and the number of its calls. */
export interface KernelTime {
  seconds: number;
  calls: number;
}

/**
 * The names of timed kernels. sumParts has two uses, which are timed separately: it adds the sides of a residual block,
 * and the shards' gradients.
 */
export type TimedName = KernelName | 'sides of blocks';

/** Kernels that measure their own time. */
export interface TimedKernels {
  readonly kernels: Kernels<Float32Array>;
  readonly times: Partial<Record<TimedName, KernelTime>>;
  /** True during a shard's passes; only these contain residual blocks. */
  inShard: boolean;
  /** Sets all times to 0. */
  reset(): void;
}

/** The clock's cost of a timed call in seconds: `inside` is a part of the measured time, `outside` is not. */
export interface ClockCost {
  readonly inside: number;
  readonly outside: number;
}

/** Returns the kernels with a clock around each call. */
export function timedKernels(kernels: Kernels<Float32Array>): TimedKernels {
  const times: Partial<Record<TimedName, KernelTime>> = {};
  const timedOf = (members: object, prefix: string) =>
    Object.fromEntries(
      Object.entries(members).map(([name, member]) => {
        if (NOT_KERNELS.has(name)) return [name, member];
        const time = { seconds: 0, calls: 0 };
        times[`${prefix}${name}` as KernelName] = time;
        return [name, counting(member, time)];
      }),
    );
  const convolutions = convolutionAlgorithms.map((algorithm) => {
    const direct = algorithm === 'direct';
    const passes = timedOf(convolutionOf(kernels, algorithm), direct ? 'conv ' : `${algorithm} `);
    return [direct ? 'convolution' : algorithm, passes];
  });
  const timed = { ...timedOf(kernels, ''), ...Object.fromEntries(convolutions) } as unknown as Kernels<Float32Array>;
  const sides = { seconds: 0, calls: 0 };
  times['sides of blocks'] = sides;
  const addSides = counting(kernels.sumParts as Call, sides) as typeof kernels.sumParts;
  const result: TimedKernels = {
    kernels: {
      ...timed,
      sumParts: (...parameters) => (result.inShard ? addSides : timed.sumParts)(...parameters),
    },
    times,
    inShard: false,
    reset() {
      for (const time of Object.values(times)) Object.assign(time, { seconds: 0, calls: 0 });
    },
  };
  return result;
}

type Call = (...parameters: readonly unknown[]) => void;

const counting =
  (call: Call, time: KernelTime): Call =>
  (...parameters) => {
    const started = performance.now();
    call(...parameters);
    time.seconds += (performance.now() - started) / 1000;
    time.calls++;
  };

const TRIALS = 200_000;

/** Measures the clock's cost on a function that does nothing. */
export function clockCost(): ClockCost {
  const time = { seconds: 0, calls: 0 };
  const nothing = counting(() => {}, time);
  const loop = () => {
    const started = performance.now();
    for (let i = 0; i < TRIALS; i++) nothing(i, i, i, i);
    return (performance.now() - started) / 1000;
  };
  loop();
  time.seconds = 0;
  const all = loop();
  return { inside: time.seconds / TRIALS, outside: (all - time.seconds) / TRIALS };
}
