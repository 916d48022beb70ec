/* Layers may be made of layers: what is asked of a whole network is asked of its leaves, in the order of a pass forward. */
import * as check from '../check.js';
import { ShapeError } from '../errors.js';
import { shapeText } from '../tensor/tensor.js';
import type { Block, Layer, Leaf, NormalizingLayer, WeightedLayer } from './layer.js';

export const isBlock = (layer: Layer): layer is Block => 'layers' in layer;

export const isNormalizing = (layer: Layer): layer is NormalizingLayer => 'channels' in layer;

/** All layers that are not made of others; of a block those of its layers, then those of its shortcut. */
export const leavesOf = (layers: readonly Layer[]): Leaf[] =>
  layers.flatMap((layer) => (isBlock(layer) ? [...leavesOf(layer.layers), ...leavesOf(layer.shortcut)] : [layer]));

/** All layers, those within a block before the block itself. */
export const allLayers = (layers: readonly Layer[]): Layer[] =>
  layers.flatMap((layer) =>
    isBlock(layer) ? [...allLayers(layer.layers), ...allLayers(layer.shortcut), layer] : [layer],
  );

/** Those with weights, each of which a learning rule sends an error through. */
export const weightedLayers = (layers: readonly Layer[]): WeightedLayer[] =>
  leavesOf(layers).filter((layer) => layer.weighted);

/**
 * What a tensor of a network is to it. Feedback stands beside weights alone, and so does decay apart from the gradient;
 * optimizers move all but statistics, which follow what passes through.
 */
export type Role = 'weight' | 'bias' | 'scale' | 'shift' | 'statistic';

/** A tensor of a layer's. */
export interface OwnTensor {
  /** Within the layer, and as PyTorch calls it. */
  readonly name: string;
  readonly role: Role;
  readonly shape: readonly number[];
}

/** A layer's own tensors; of a block none. */
export function tensorsOf(layer: Layer): readonly OwnTensor[] {
  if (layer.weighted) {
    const { weightShape, biasShape } = layer;
    const weight = { name: 'weight', role: 'weight', shape: weightShape } as const;
    return biasShape ? [weight, { name: 'bias', role: 'bias', shape: biasShape }] : [weight];
  }
  if (!isNormalizing(layer)) return [];
  const shape = [layer.channels];
  return [
    { name: 'weight', role: 'scale', shape },
    { name: 'bias', role: 'shift', shape },
    { name: 'running_mean', role: 'statistic', shape },
    { name: 'running_var', role: 'statistic', shape },
  ];
}

/**
 * Checks that layers stand one above the other: each takes what the one below it gives, and no two with tensors of their
 * own share a name; and so within blocks.
 *
 * @throws {TypeError} if they are no layers
 * @throws {ShapeError} if there is none, or one doesn't fit onto the other
 * @throws {RangeError} if a name is used twice
 */
export function checkLayers(where: string, value: unknown): void {
  check.list(where, 'layers', value, 'an array of layers, such as buildLayers(spec),');
  const layers = value as readonly Layer[];
  if (layers.length === 0) throw new ShapeError(`${where}: layers are none; at least one is expected`);
  checkStack(where, 'layers', layers);
  const names = new Set<string>();
  for (const layer of leavesOf(layers)) {
    if (tensorsOf(layer).length === 0) continue;
    if (names.has(layer.name))
      throw new RangeError(`${where}: layers are called ${layer.name} twice; each needs a name of its own`);
    names.add(layer.name);
  }
}

/** @param argument what messages call the layers */
export function checkStack(where: string, argument: string, layers: readonly Layer[]): void {
  layers.forEach((layer, l) => {
    checkLayer(where, `${argument}[${l}]`, layer);
    const below = layers[l - 1];
    if (below && shapeText(below.outputShape) !== shapeText(layer.inputShape)) {
      throw new ShapeError(
        `${where}: ${argument}[${l}], ${layer.name}, takes ${shapeText(layer.inputShape)}, but ${below.name} below it gives ${shapeText(below.outputShape)}`,
      );
    }
  });
}

function checkLayer(where: string, argument: string, layer: Layer): void {
  check.object(where, argument, layer, 'a layer', { name: 'string', weighted: 'boolean' });
  check.shape(where, `${argument}.inputShape`, layer.inputShape);
  check.shape(where, `${argument}.outputShape`, layer.outputShape);
  if (isBlock(layer)) {
    check.list(where, `${argument}.layers`, layer.layers, 'an array of layers');
    check.list(where, `${argument}.shortcut`, layer.shortcut, 'an array of layers');
    checkStack(where, `${argument}.layers`, layer.layers);
    checkStack(where, `${argument}.shortcut`, layer.shortcut);
    return;
  }
  check.object(where, argument, layer, 'a layer', { bind: 'function' });
  if (!layer.weighted) return;
  check.shape(where, `${argument}.weightShape`, layer.weightShape);
  if (layer.biasShape !== undefined) check.shape(where, `${argument}.biasShape`, layer.biasShape);
}
