import type { Convolution, Kernels } from '../src/tensor/kernels.js';
import { stream } from '../src/tensor/random.js';
import type { Shapes } from './lenet.js';

/** The names of the measured kernels: all functions of the Kernels interface. */
export type KernelName =
  | Exclude<keyof Kernels, 'backend' | 'alloc' | 'allocIndices' | 'free' | 'convolution' | 'winograd'>
  | ConvolutionName;
type ConvolutionName = `${'conv' | 'winograd'} ${keyof Convolution<Float32Array>}`;

/** The interface's members that are not kernels. Convolutions are measured by their three passes. */
export const NOT_KERNELS: ReadonlySet<string> = new Set([
  'backend',
  'alloc',
  'allocIndices',
  'free',
  'convolution',
  'winograd',
]);

/** One kernel on one of a network's shapes. */
export interface Case {
  readonly kernel: KernelName;
  /** The kernel's place in the network, such as `conv1 forward`. */
  readonly where: string;
  readonly shape: string;
  /** The number of numbers read and written, each counted once, whether they are in a cache or not. */
  readonly numbers: number;
  /** The number of multiplications and additions; undefined for a kernel that mainly moves numbers. */
  readonly flops?: number;
  /** The number of calls in one shard's training step; undefined for a kernel that it doesn't call. */
  readonly perShard?: number;
  run(): void;
}

/** Makes the cases of a family of kernels. */
export type Family = (kernels: Kernels<Float32Array>, shapes: Shapes) => Case[];

/** Allocates an array with random numbers in [−1, 1). None of them is denormal, which would slow arithmetic down. */
export function filled(kernels: Kernels<Float32Array>, length: number): Float32Array {
  const array = kernels.alloc(length);
  const random = stream(length);
  for (let i = 0; i < length; i++) array[i] = 2 * random.uniform() - 1;
  return array;
}

/** Returns a product as text: `6 × 784 × 25`. */
export const times = (...extents: readonly number[]): string => extents.join(' × ');
