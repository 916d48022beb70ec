import * as check from '../check.js';
import { ShapeError } from '../errors.js';
import type { Window } from '../tensor/im2col.js';
import type { Kernels } from '../tensor/kernels.js';
import { type FloatArray, shapeText } from '../tensor/tensor.js';
import type { Written } from './graph.js';

/** What enters or leaves a layer, for up to a fixed number of images: one array, and a view of each image in it. */
export interface Batch<A extends FloatArray> {
  readonly data: A;
  readonly images: readonly A[];
  /** Numbers per image. */
  readonly size: number;
}

/** The memory of one layer: its input x, its output y, and the loss's gradient with respect to each. */
export interface Buffers<A extends FloatArray> {
  readonly x: Batch<A>;
  readonly y: Batch<A>;
  readonly dx: Batch<A>;
  readonly dy: Batch<A>;
  /**
   * More memory, to be asked for while the layer is bound. Like the batches it lasts from a pass forward to the pass
   * back and no longer, since other passes use it too: nothing may be kept in it from one pass to the next.
   */
  alloc(length: number): A;
  allocIndices(length: number): Int32Array;
}

interface LayerShape extends Written {
  /** Without the batch axis. */
  readonly inputShape: readonly number[];
  readonly outputShape: readonly number[];
  /** How its window slides over the input, for those who want to say which numbers make an output. */
  readonly window?: Window;
}

/** A layer without parameters. */
export interface PlainLayer extends LayerShape {
  readonly weighted: false;
  /**
   * Where y may lie, and dx with regard to dy: in memory of its own; over x, where the backward pass needs y alone; or
   * it is x, where the layer leaves the numbers as they are. Only a layer that writes over x may need its y again.
   */
  readonly output: 'own' | 'over-input' | 'is-input';
  bind<A extends FloatArray>(kernels: Kernels<A>, buffers: Buffers<A>): PlainStage;
}

/** A plain layer tied to its memory; both work on the first n images. */
export interface PlainStage {
  forward(n: number): void;
  /** dx from dy. */
  backward(n: number): void;
}

/** A layer with weights and biases. */
export interface WeightedLayer extends LayerShape {
  readonly weighted: true;
  /** PyTorch's layouts: conv `[out, in, kh, kw]`, linear `[out, in]`. */
  readonly weightShape: readonly number[];
  readonly biasShape: readonly number[];
  /** Inputs that feed one output, for initialisation. */
  readonly fanIn: number;
  bind<A extends FloatArray>(kernels: Kernels<A>, buffers: Buffers<A>): WeightedStage<A>;
}

/** A weighted layer tied to its memory, on the first n images. It never knows which learning rule is in use. */
export interface WeightedStage<A extends FloatArray> {
  forward(n: number, weight: A, bias: A): void;
  /** dx = (∂y/∂x)ᵀ dy, with `carrier` standing where the weights stand in ∂y/∂x. */
  backwardInput(n: number, carrier: A): void;
  /** dw and db, summed over the n images; overwritten. */
  backwardWeights(n: number, dw: A, db: A): void;
}

export type Layer = PlainLayer | WeightedLayer;

/**
 * Checks that layers stand one above the other: each takes what the one below it gives, and no two with weights share a
 * name.
 *
 * @throws {TypeError} if they are no layers
 * @throws {ShapeError} if there is none, or one doesn't fit onto the other
 * @throws {RangeError} if a name is used twice
 */
export function checkLayers(where: string, value: unknown): void {
  check.list(where, 'layers', value, 'an array of layers, such as buildLayers(spec),');
  const layers = value as readonly Layer[];
  if (layers.length === 0) throw new ShapeError(`${where}: layers are none; at least one is expected`);
  const names = new Set<string>();
  layers.forEach((layer, l) => {
    const fields = { name: 'string', weighted: 'boolean', bind: 'function' } as const;
    check.object(where, `layers[${l}]`, layer, 'a layer', fields);
    check.shape(where, `layers[${l}].inputShape`, layer.inputShape);
    check.shape(where, `layers[${l}].outputShape`, layer.outputShape);
    const below = layers[l - 1];
    if (below && shapeText(below.outputShape) !== shapeText(layer.inputShape)) {
      throw new ShapeError(
        `${where}: layers[${l}], ${layer.name}, takes ${shapeText(layer.inputShape)}, but ${below.name} below it gives ${shapeText(below.outputShape)}`,
      );
    }
    if (!layer.weighted) return;
    check.shape(where, `layers[${l}].weightShape`, layer.weightShape);
    check.shape(where, `layers[${l}].biasShape`, layer.biasShape);
    if (names.has(layer.name))
      throw new RangeError(`${where}: layers are called ${layer.name} twice; each needs a name of its own`);
    names.add(layer.name);
  });
}
