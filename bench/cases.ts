import type { Convolution, Kernels } from '../src/tensor/kernels.js';
import { stream } from '../src/tensor/random.js';
import type { Shapes } from './lenet.js';

/** The functions of the Kernels interface: all of them are measured. */
export type KernelName =
  | Exclude<keyof Kernels, 'backend' | 'alloc' | 'allocIndices' | 'free' | 'convolution' | 'winograd'>
  | ConvolutionName;
type ConvolutionName = `${'conv' | 'winograd'} ${keyof Convolution<Float32Array>}`;

/** The interface's other members; convolutions are kernels by their passes' names. */
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
  /** Where the network meets it, such as `conv1 forward`. */
  readonly where: string;
  readonly shape: string;
  /** Numbers read and numbers written, each counted once, whatever the caches do. */
  readonly numbers: number;
  /** Multiplications and additions; undefined where moving numbers is the work. */
  readonly flops?: number;
  /** How often one shard's training step calls it; undefined where it doesn't. */
  readonly perShard?: number;
  run(): void;
}

/** A kernel family's cases. */
export type Family = (kernels: Kernels<Float32Array>, shapes: Shapes) => Case[];

/** An array of the kernels' own memory, filled with numbers in [−1, 1): none so small that arithmetic slows down. */
export function filled(kernels: Kernels<Float32Array>, length: number): Float32Array {
  const array = kernels.alloc(length);
  const random = stream(length);
  for (let i = 0; i < length; i++) array[i] = 2 * random.uniform() - 1;
  return array;
}

/** `6 × 784 × 25` */
export const times = (...extents: readonly number[]): string => extents.join(' × ');
