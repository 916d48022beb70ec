/*
 * Layers may be made of layers. Properties of a whole network are those of its leaves, in the order of the forward
 * pass.
 */
import * as check from '../check.js';
import { ShapeError } from '../errors.js';
import { shapeText } from '../tensor/tensor.js';
import type { Block, Layer, Leaf, NormalizingLayer, WeightedLayer } from './layer.js';

export const isBlock = (layer: Layer): layer is Block => 'layers' in layer;

export const isNormalizing = (layer: Layer): layer is NormalizingLayer => 'channels' in layer;

/** Returns the layers that are not made of others. Those of a block are its layers' and then its shortcut's. */
export const leavesOf = (layers: readonly Layer[]): Leaf[] =>
  layers.flatMap((layer) => (isBlock(layer) ? [...leavesOf(layer.layers), ...leavesOf(layer.shortcut)] : [layer]));

/** Returns all layers; those within a block come before the block itself. */
export const allLayers = (layers: readonly Layer[]): Layer[] =>
  layers.flatMap((layer) =>
    isBlock(layer) ? [...allLayers(layer.layers), ...allLayers(layer.shortcut), layer] : [layer],
  );

/** Returns the layers with weights. A learning rule sends an error signal through each of these. */
export const weightedLayers = (layers: readonly Layer[]): WeightedLayer[] =>
  leavesOf(layers).filter((layer) => layer.weighted);

/**
 * The role of a tensor in its layer. Feedback weights exist for weights alone, and decoupled weight decay changes
 * weights alone. Optimizers change all tensors but statistics, which follow the data.
 */
export type Role = 'weight' | 'bias' | 'scale' | 'shift' | 'statistic';

/** A tensor of a layer. */
export interface OwnTensor {
  /** Its name within the layer, as in PyTorch. */
  readonly name: string;
  readonly role: Role;
  readonly shape: readonly number[];
}

/** Returns a layer's own tensors; a block has no tensors. */
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
 * Checks that layers form a network: each takes the output of the one below it, and the names of layers with tensors
 * differ. The same holds within blocks.
 *
 * @throws {TypeError} if a value is not a layer
 * @throws {ShapeError} if there are no layers, or a layer doesn't fit onto the one below it
 * @throws {RangeError} if a name is used twice
 */
export function checkLayers(where: string, value: unknown): void {
  check.list(where, 'layers', value, 'an array of layers, such as buildLayers(spec),');
  const layers = value as readonly Layer[];
  if (layers.length === 0) throw new ShapeError(`${where}: layers is empty; give at least one layer`);
  checkStack(where, 'layers', layers);
  const names = new Set<string>();
  for (const layer of leavesOf(layers)) {
    if (tensorsOf(layer).length === 0) continue;
    if (names.has(layer.name))
      throw new RangeError(`${where}: two layers are called ${layer.name}; give each its own name`);
    names.add(layer.name);
  }
}

/** Checks that each layer takes the output of the one below it. @param argument the layers' name in messages */
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
