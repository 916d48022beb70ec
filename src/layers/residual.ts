import * as check from '../check.js';
import { ShapeError } from '../errors.js';
import { shapeText } from '../tensor/tensor.js';
import type { Graph } from './graph.js';
import type { Block, Layer } from './layer.js';
import { checkStack } from './tree.js';

/**
 * Makes a residual block (He et al. 2016): y = inner(x) + shortcut(x). dx is the sum of both sides' errors.
 *
 * @param name the block's name
 * @param inner the inner layers, in the order of the forward pass
 * @param shortcut the shortcut's layers; without any, x itself is added
 * @throws {ShapeError} if `inner` is empty, a layer doesn't fit onto the one below it, or the two sides differ in the
 *   shape of their input or output
 * @throws {RangeError | TypeError} if the name is empty, or another argument is of another type
 * @example
 * ```ts
 * const conv = conv2d('conv1', [16, 32, 32], { outputs: 16, kernel: 3, padding: 1 });
 * const block = residual('block1', [conv, activation('relu1', [16, 32, 32], relu)]);
 * ```
 */
export function residual(name: string, inner: readonly Layer[], shortcut: readonly Layer[] = []): Block {
  check.text('residual', 'name', name);
  check.list('residual', 'inner', inner, 'an array of layers');
  check.list('residual', 'shortcut', shortcut, 'an array of layers');
  if (inner.length === 0) throw new ShapeError('residual: inner is empty; at least one layer is expected');
  checkStack('residual', 'inner', inner);
  checkStack('residual', 'shortcut', shortcut);
  const { inputShape } = inner[0];
  const { outputShape } = inner[inner.length - 1];
  const from = shortcut[0]?.inputShape ?? inputShape;
  const to = shortcut.at(-1)?.outputShape ?? from;
  if (shapeText(from) !== shapeText(inputShape) || shapeText(to) !== shapeText(outputShape)) {
    throw new ShapeError(
      `residual: the shortcut of ${name} maps ${shapeText(from)} to ${shapeText(to)}, its inner layers map ${shapeText(inputShape)} to ${shapeText(outputShape)}; both must have the same shapes`,
    );
  }
  const writeAll = (graph: Graph, layers: readonly Layer[], x: string) =>
    layers.reduce((y, layer) => graph.layer(layer, y), x);
  return {
    name,
    weighted: false,
    layers: inner,
    shortcut,
    inputShape,
    outputShape,
    writeTo: (graph, x) => graph.operator('Add', [writeAll(graph, inner, x), writeAll(graph, shortcut, x)]),
  };
}
