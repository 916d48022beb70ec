/* One number of a trace: its name, where it stands, and what stands there. */
import * as check from '../check.js';
import { UserError } from '../errors.js';
import { type FloatArray, shapeText, sizeOf } from '../tensor/tensor.js';
import { checkTrace, type LayerTrace, type Trace } from './trace.js';

/** What a layer's numbers are called: its input and output, the errors at both, and the gradients of its parameters. */
export const tracedTensors = ['x', 'y', 'dy', 'dx', 'weight', 'bias'] as const;
export type TracedTensor = (typeof tracedTensors)[number];

/** One number: `conv1.weight[3,0,2,2]` is the gradient of that weight, `conv1.dx[0,9,9]` the error below conv1. */
export interface Place {
  /** Index of the layer in the trace. */
  readonly layer: number;
  readonly tensor: TracedTensor;
  readonly index: readonly number[];
  /** In the flat array. */
  readonly offset: number;
}

/** Along which way down an error or gradient is meant: the rule's own or backpropagation's. */
export type Way = (typeof ways)[number];
export const ways = ['own', 'exact'] as const;

/**
 * The number that a text such as `conv1.weight[3,0,2,2]` names.
 *
 * @throws {UserError} if there is none
 * @throws {RangeError | TypeError} if there is no text, or no trace
 */
export function parsePlace(text: string, trace: Pick<Trace, 'layers'>): Place {
  check.text('parsePlace', 'text', text, 0);
  checkTrace('parsePlace', trace);
  const { layers } = trace;
  const parts = /^\s*([\w.-]+)\.(\w+)\s*\[([\d\s,]*)\]\s*$/.exec(text);
  if (!parts) throw new UserError(`"${text}" names no number: write it as conv1.weight[3,0,2,2] or pool2.dx[4,0,1].`);
  const [, name, tensor] = parts;
  const layer = layers.findIndex((candidate) => candidate.name === name);
  if (layer < 0) {
    const names = layers.map((candidate) => candidate.name).join(', ');
    throw new UserError(`"${text}": the network has no layer ${name}; its layers are ${names}.`);
  }
  const known = tracedTensors.find((candidate) => candidate === tensor);
  const shape = known && shapeOf(layers[layer], known);
  if (!known || !shape) {
    const accepted = tracedTensors.filter((candidate) => shapeOf(layers[layer], candidate));
    throw new UserError(`"${text}": ${name} has no ${tensor}; accepted are ${accepted.join(', ')}.`);
  }
  const index = parts[3].split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  if (index.length !== shape.length || !index.every((at, axis) => at < shape[axis])) {
    throw new UserError(`"${text}": ${name}.${tensor} has the shape ${shapeText(shape)}, indices counted from 0.`);
  }
  return { layer, tensor: known, index, offset: offsetOf(index, shape) };
}

/**
 * The place at an offset of a layer's tensor.
 *
 * @throws {RangeError} if the layer has no such tensor, or the tensor no such offset
 * @throws {TypeError} if there is no trace
 */
export function placeAt(trace: Pick<Trace, 'layers'>, layer: number, tensor: TracedTensor, offset: number): Place {
  checkTrace('placeAt', trace);
  const { layers } = trace;
  check.wholeNumber('placeAt', 'layer', layer, { from: 0, to: layers.length - 1 });
  const has = tracedTensors.filter((name) => shapeOf(layers[layer], name));
  check.oneOf('placeAt', 'tensor', tensor, has);
  const shape = shapeOf(layers[layer], tensor) ?? [];
  check.wholeNumber('placeAt', 'offset', offset, { from: 0, to: sizeOf(shape) - 1 });
  return { layer, tensor, index: indexOf(offset, shape), offset };
}

/**
 * `conv1.weight[3,0,2,2]`
 *
 * @throws {RangeError | ShapeError | TypeError} if there is no such place, or no trace
 */
export function placeName(trace: Pick<Trace, 'layers'>, place: Place): string {
  checkTrace('placeName', trace);
  checkPlace('placeName', place, trace.layers.length);
  return nameOf(trace.layers[place.layer], place.tensor, place.index);
}

/** @throws {RangeError | ShapeError | TypeError} if an argument is no place in a trace of so many layers */
export function checkPlace(where: string, place: unknown, layers: number): void {
  check.object(where, 'place', place, 'a place (parsePlace makes one)');
  const { layer, tensor, index, offset } = place as Place;
  check.wholeNumber(where, 'place.layer', layer, { from: 0, to: layers - 1 });
  check.oneOf(where, 'place.tensor', tensor, tracedTensors);
  check.shape(where, 'place.index', index, undefined, 0);
  check.wholeNumber(where, 'place.offset', offset, { from: 0 });
}

function checkLayerTrace(where: string, layer: unknown, tensor: unknown): void {
  check.object(where, 'layer', layer, "a layer's trace", {
    name: 'string',
    inputShape: 'object',
    outputShape: 'object',
  });
  check.oneOf(where, 'tensor', tensor, tracedTensors);
}

/**
 * Undefined where the layer has no such tensor.
 *
 * @throws {RangeError | TypeError} if there is no tensor of that name at all, or the layer is none
 */
export function shapeOf(layer: LayerTrace, tensor: TracedTensor): readonly number[] | undefined {
  checkLayerTrace('shapeOf', layer, tensor);
  if (tensor === 'x' || tensor === 'dx') return layer.inputShape;
  if (tensor === 'y' || tensor === 'dy') return layer.outputShape;
  if (tensor === 'weight') return layer.weights?.shape;
  return layer.weights && layer.weights.bias.length > 0 ? [layer.weights.bias.length] : undefined;
}

/**
 * The array that a place lies in; for `weight` and `bias` their gradients.
 *
 * @throws {RangeError | TypeError} if there is no such tensor or way, or the layer is none
 */
export function valuesOf(layer: LayerTrace, tensor: TracedTensor, way: Way): FloatArray {
  checkLayerTrace('valuesOf', layer, tensor);
  check.oneOf('valuesOf', 'way', way, ways);
  const descent = layer[way];
  const { x, y } = layer;
  const { dx, dy, dw = new Float64Array(), db = new Float64Array() } = descent;
  return { x, y, dx, dy, weight: dw, bias: db }[tensor];
}

export const nameOf = (layer: LayerTrace, tensor: string, index: readonly number[]): string =>
  `${layer.name}.${tensor}[${index.join(',')}]`;

const offsetOf = (index: readonly number[], shape: readonly number[]): number =>
  index.reduce((offset, at, axis) => offset * shape[axis] + at, 0);

export function indexOf(offset: number, shape: readonly number[]): number[] {
  const index: number[] = [];
  let rest = offset;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    index.unshift(rest % shape[axis]);
    rest = Math.floor(rest / shape[axis]);
  }
  return index;
}
