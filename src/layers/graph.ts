import type { Window } from '../tensor/im2col.js';

/** What can be written into a {@link Graph}: a layer. */
export interface Written {
  /** Its name in the network, such as `conv1`. */
  readonly name: string;
  /**
   * Writes it into a graph for other tools; a layer without this can't be exported.
   *
   * @param x the name of its input
   * @returns the name of its output
   */
  writeTo?(graph: Graph, x: string): string;
}

/**
 * Where a layer writes itself down as operators of ONNX (opset 17), for files that other tools read. Values go by their
 * names; each has the batch as its first axis.
 */
export interface Graph {
  /**
   * Adds an operator.
   *
   * @param attributes whole numbers
   * @returns the name of what it gives
   */
  operator(
    type: string,
    inputs: readonly string[],
    attributes?: Readonly<Record<string, number | readonly number[]>>,
  ): string;
  /** Numbers of the layer's own, under a name within it. @returns their name in the graph */
  constant(name: string, shape: readonly number[], values: readonly number[]): string;
  /** The names of the layer's own tensors in the graph: weights and, where it has them, biases. */
  parameters(): readonly string[];
  /** Writes another layer, one that the layer is made of. @returns the name of what it gives */
  layer(layer: Written, x: string): string;
}

/** How ONNX describes a sliding window. */
export const windowAttributes = ({ kernel, stride, padding }: Window): Readonly<Record<string, readonly number[]>> => ({
  kernel_shape: [kernel, kernel],
  strides: [stride, stride],
  pads: [padding, padding, padding, padding],
});
