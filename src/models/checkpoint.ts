import * as check from '../check.js';
import { UserError } from '../errors.js';
import type { Layer } from '../layers/layer.js';
import { type RuleName, rules } from '../rules/index.js';
import { allOrNone, checkKernels, type Kernels } from '../tensor/kernels.js';
import { shapeText } from '../tensor/tensor.js';
import { buildLayers, checkSpec, type NetworkSpec } from './index.js';
import { Network } from './network.js';
import { checkParameters, type Parameters, parameterLayout, type Slot } from './parameters.js';
import { type CheckpointTensor, decodeCheckpoint, encodeCheckpoint } from './safetensors.js';

/**
 * A network as named tensors: `conv1.weight`, `conv1.bias`, `conv1.feedback`, …, in PyTorch's layouts. They share the
 * parameters' memory.
 */
export function networkTensors(
  spec: NetworkSpec,
  { values, feedback }: Parameters<Float32Array>,
): Record<string, CheckpointTensor> {
  const { slots, feedbackSlots } = parameterLayout(buildLayers(spec));
  const named = (flat: Float32Array, list: readonly Slot[]) =>
    list.map(({ name, shape, offset, length }) => [name, { shape, data: flat.subarray(offset, offset + length) }]);
  return Object.fromEntries([...named(values, slots), ...(feedback.length > 0 ? named(feedback, feedbackSlots) : [])]);
}

/**
 * Fills parameters from named tensors.
 *
 * @param file what messages call the tensors' source
 * @throws {UserError} if a tensor is missing or has another shape.
 */
export function fillParameters(
  spec: NetworkSpec,
  tensors: Readonly<Record<string, CheckpointTensor>>,
  parameters: Parameters<Float32Array>,
  file: string,
): void {
  for (const [name, { shape, data }] of Object.entries(networkTensors(spec, parameters))) {
    const found = tensors[name];
    if (!found)
      throw new UserError(`${file} holds no tensor ${name}; a ${spec.model} needs one of ${shapeText(shape)}.`);
    if (shapeText(found.shape) !== shapeText(shape)) {
      throw new UserError(
        `${file}: ${name} has shape ${shapeText(found.shape)}, ${spec.model} needs ${shapeText(shape)}.`,
      );
    }
    data.set(found.data);
  }
}

/**
 * A trained network as the bytes of a safetensors file; {@link loadNetwork} needs nothing else to use it again.
 *
 * @param metadata more text to go with it
 * @throws {ShapeError} if the parameters are not those of the network
 * @throws {RangeError | TypeError} if another argument is unusable
 */
export function saveNetwork(
  spec: NetworkSpec,
  rule: RuleName,
  parameters: Parameters<Float32Array>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  checkSpec('saveNetwork', spec);
  check.oneOf('saveNetwork', 'rule', rule, Object.keys(rules));
  checkParameters('saveNetwork', parameters, parameterLayout(buildLayers(spec)), rules[rule].usesFeedback);
  check.object('saveNetwork', 'metadata', metadata, 'an object of texts');
  for (const [name, value] of Object.entries(metadata)) check.text('saveNetwork', `metadata.${name}`, value);
  return encodeCheckpoint({
    tensors: networkTensors(spec, parameters),
    metadata: { ...metadata, rule, model: spec.model, spec: JSON.stringify(spec) },
  });
}

/** What a file holds of a network: everything but the kernels to run it with. */
export interface SavedNetwork {
  readonly spec: NetworkSpec;
  readonly rule: RuleName;
  readonly layers: readonly Layer[];
  readonly parameters: Parameters<Float32Array>;
}

/**
 * Reads the bytes that {@link saveNetwork} made.
 *
 * @param file what messages call it
 * @param kernels in whose memory the parameters shall lie
 * @throws {UserError} if the bytes are no such file.
 */
export function readNetwork(bytes: Uint8Array, file: string, kernels: Kernels<Float32Array>): SavedNetwork {
  const { tensors, metadata } = decodeCheckpoint(bytes, file);
  if (metadata.spec === undefined || !Object.hasOwn(rules, metadata.rule ?? '')) {
    throw new UserError(`${file} does not say which network it holds: its metadata needs "spec" and "rule".`);
  }
  const { spec, layers } = specOf(metadata.spec, file);
  const rule = metadata.rule as RuleName;
  const layout = parameterLayout(layers);
  const parameters = allOrNone(kernels, ({ alloc }) => {
    const made = {
      values: alloc(layout.parameterCount),
      feedback: alloc(rules[rule].usesFeedback ? layout.feedbackCount : 0),
    };
    fillParameters(spec, tensors, made, file);
    return made;
  });
  return { spec, rule, layers, parameters };
}

/**
 * A network from the bytes that {@link saveNetwork} made, ready to run.
 *
 * @param file what messages call it
 * @throws {UserError} if the bytes are no such file
 * @throws {RangeError | TypeError} if an argument is none
 */
export function loadNetwork(bytes: Uint8Array, file: string, kernels: Kernels<Float32Array>): Network<Float32Array> {
  check.bytes('loadNetwork', 'bytes', bytes);
  check.text('loadNetwork', 'file', file);
  checkKernels('loadNetwork', 'kernels', kernels);
  const { layers, rule, parameters } = readNetwork(bytes, file, kernels);
  return new Network(layers, rules[rule], kernels, parameters);
}

/** The network that a file's metadata describes, and its layers. */
function specOf(text: string, file: string): { spec: NetworkSpec; layers: Layer[] } {
  try {
    const spec: NetworkSpec = JSON.parse(text);
    return { spec, layers: buildLayers(spec) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : error;
    throw new UserError(
      `${file}: the "spec" in its metadata describes no network that can be built (${reason}): ${text}`,
    );
  }
}
