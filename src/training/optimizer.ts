import type { Kernels } from '../tensor/kernels.js';

/** Named arrays, each as long as the parameters: all that an optimizer remembers from step to step. */
export type OptimizerState = Readonly<Record<string, Float32Array>>;

/** What one update works on: the parameters, or a member's share of them. */
export interface UpdateSlice {
  readonly weights: Float32Array;
  /** Summed over the mini-batch. */
  readonly gradient: Float32Array;
  readonly state: OptimizerState;
}

export interface OptimizerOptions {
  /** SGD's momentum. */
  readonly momentum: number;
  /** L2 penalty added to the gradient, on weights and biases alike (PyTorch's `weight_decay`). */
  readonly weightDecay: number;
}

/** A rule for moving parameters along a gradient, its state explicit so that a checkpoint can hold all of it. */
export interface Optimizer {
  readonly title: string;
  init(kernels: Kernels<Float32Array>, length: number): OptimizerState;
  /**
   * One step, in place.
   *
   * @param rate this step's learning rate
   * @param scale what the gradient is multiplied by first: 1 / images in the mini-batch
   * @param step counted from 1
   */
  update(
    kernels: Kernels<Float32Array>,
    slice: UpdateSlice,
    options: OptimizerOptions,
    rate: number,
    scale: number,
    step: number,
  ): void;
}
