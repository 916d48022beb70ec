import type { Window } from '../tensor/im2col.js';

/** A layer, as far as a {@link Graph} needs to know it. */
export interface Written {
  /** Its name in the network, such as `conv1`. */
  readonly name: string;
  /**
   * Writes the layer into a graph; a layer without this function can't be exported.
   *
   * @param x the name of its input
   * @returns the name of its output
   */
  writeTo?(graph: Graph, x: string): string;
}

/**
 * The graph in which layers write themselves as operators of ONNX (opset 17), for files that other tools read. Values
 * are called by names; the batch is the first axis of each.
 */
export interface Graph {
  /**
   * Adds an operator.
   *
   * @param attributes whole numbers
   * @returns the name of its output
   */
  operator(
    type: string,
    inputs: readonly string[],
    attributes?: Readonly<Record<string, number | readonly number[]>>,
  ): string;
  /** Adds constants, under a name within the layer. @returns their name in the graph */
  constant(name: string, shape: readonly number[], values: readonly number[]): string;
  /** Returns the names of the layer's own tensors in the graph: weights and, if it has them, biases. */
  parameters(): readonly string[];
  /** Writes a layer that the layer is made of. @returns the name of its output */
  layer(layer: Written, x: string): string;
}

/** Returns ONNX's attributes of a sliding window. */
export const windowAttributes = ({ kernel, stride, padding }: Window): Readonly<Record<string, readonly number[]>> => ({
  kernel_shape: [kernel, kernel],
  strides: [stride, stride],
  pads: [padding, padding, padding, padding],
});
