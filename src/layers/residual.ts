import * as check from '../check.js';
import { ShapeError } from '../errors.js';
import { shapeText } from '../tensor/tensor.js';
import type { Graph } from './graph.js';
import type { Block, Layer } from './layer.js';
import { checkStack } from './tree.js';

/**
 * y = inner(x) + shortcut(x) (He et al. 2016), and dx is the sum of the errors that the two send below them.
 *
 * @param inner layers one above the other
 * @param shortcut the same; without any, x itself is added
 * @throws {ShapeError} if there is no inner layer, layers don't fit onto one another, or the two sides have not the same
 *   input and output
 * @throws {RangeError | TypeError} if there is no name, or another argument is none
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
      `residual: the shortcut of ${name} makes ${shapeText(to)} of ${shapeText(from)}, its inner layers make ${shapeText(outputShape)} of ${shapeText(inputShape)}`,
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
