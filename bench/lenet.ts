/* The shapes of LeNet-5, read from its layers, so that the bench measures the operations of the network. */
import type { Layer } from '../src/layers/layer.js';
import { buildLayers, type NetworkSpec } from '../src/models/index.js';
import { parameterLayout } from '../src/models/parameters.js';
import { slidingWindow, type Window } from '../src/tensor/im2col.js';
import { sizeOf } from '../src/tensor/tensor.js';

export interface ConvolutionShape {
  readonly name: string;
  readonly outputs: number;
  readonly window: Window;
}

export interface LinearShape {
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
}

/** The shapes that the kernels work on in a network. */
export interface Shapes {
  readonly convolutions: readonly ConvolutionShape[];
  readonly linears: readonly LinearShape[];
  readonly pools: readonly { readonly name: string; readonly window: Window }[];
  /** The element-wise activations, with the number of numbers per image. */
  readonly activations: readonly { readonly name: string; readonly size: number }[];
  /** `[C, H, W]` of an image. */
  readonly image: readonly number[];
  readonly parameterCount: number;
}

/**
 * Returns the shapes of a network such as LeNet: its pooling windows don't overlap, and its convolutions have stride 1.
 */
export function shapesOf(spec: NetworkSpec): Shapes {
  const layers = buildLayers(spec);
  const weighted = layers.filter((layer) => layer.weighted);
  return {
    convolutions: weighted
      .filter(({ weightShape }) => weightShape.length === 4)
      .map(({ name, inputShape, outputShape, weightShape: [outputs, , , kernel] }) => {
        const padding = (outputShape[1] + kernel - 1 - inputShape[1]) / 2;
        return { name, outputs, window: slidingWindow(name, inputShape, { kernel, padding }) };
      }),
    linears: weighted
      .filter(({ weightShape }) => weightShape.length === 2)
      .map(({ name, weightShape: [outputs, inputs] }) => ({ name, inputs, outputs })),
    pools: layers
      .filter(({ name }) => name.startsWith('pool'))
      .map(({ name, inputShape, outputShape }) => {
        const kernel = inputShape[1] / outputShape[1];
        return { name, window: slidingWindow(name, inputShape, { kernel, stride: kernel }) };
      }),
    activations: layers
      .filter(({ name }) => name.startsWith(spec.activation))
      .map(({ name, inputShape }: Layer) => ({ name, size: sizeOf(inputShape) })),
    image: spec.inputShape,
    parameterCount: parameterLayout(layers).parameterCount,
  };
}
