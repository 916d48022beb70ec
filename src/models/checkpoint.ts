import * as check from '../check.js';
import { ShapeError, UserError } from '../errors.js';
import type { Layer } from '../layers/layer.js';
import { type RuleName, rules } from '../rules/index.js';
import { redraws } from '../rules/rule.js';
import { allOrNone, checkKernels, type Kernels } from '../tensor/kernels.js';
import { shapeText } from '../tensor/tensor.js';
import { buildLayers, checkSpec, type NetworkSpec } from './index.js';
import { defaultInitializer } from './initialize.js';
import { parseNetworkMetadata } from './metadata.js';
import { Network } from './network.js';
import { checkParameters, type Parameters, parameterLayout, type Slot } from './parameters.js';
import { type CheckpointTensor, decodeCheckpoint, encodeCheckpoint, skippedText } from './safetensors.js';

/** Which network: what decides its tensors' names and shapes. */
interface Described {
  readonly spec: NetworkSpec;
  readonly rule: RuleName;
}

/**
 * A network as named tensors: `conv1.weight`, `conv1.bias`, `conv1.feedback`, …, in PyTorch's layouts. They share the
 * parameters' memory.
 */
export function networkTensors(
  { spec, rule }: Described,
  { values, feedback }: Parameters<Float32Array>,
): Record<string, CheckpointTensor> {
  const { slots, feedbackSlots } = parameterLayout(buildLayers(spec), rules[rule]);
  const named = (flat: Float32Array, list: readonly Slot[]) =>
    list.map(({ name, shape, offset, length }) => [name, { shape, data: flat.subarray(offset, offset + length) }]);
  return Object.fromEntries([...named(values, slots), ...(feedback.length > 0 ? named(feedback, feedbackSlots) : [])]);
}

/**
 * Fills parameters from named tensors, if these are just what the network needs: nothing is written otherwise.
 *
 * @param file what messages call the tensors' source
 * @throws {UserError} if a tensor is missing, has another shape, is none of the network's or holds NaN or an infinity.
 */
export function fillParameters(
  described: Described,
  tensors: Readonly<Record<string, CheckpointTensor>>,
  parameters: Parameters<Float32Array>,
  file: string,
): void {
  const own = networkTensors(described, parameters);
  checkTensors(described.spec, tensors, own, file);
  for (const [name, { data }] of Object.entries(own)) data.set(tensors[name].data);
}

/** @throws {UserError} as {@link fillParameters} does */
function checkTensors(
  { model }: NetworkSpec,
  tensors: Readonly<Record<string, CheckpointTensor>>,
  expected: Readonly<Record<string, Pick<CheckpointTensor, 'shape'>>>,
  file: string,
): void {
  for (const [name, { shape }] of Object.entries(expected)) {
    if (!Object.hasOwn(tensors, name)) {
      throw new UserError(`${file} holds no tensor ${name}; a ${model} needs one of ${shapeText(shape)}.`);
    }
    const { shape: found, data } = tensors[name];
    if (shapeText(found) !== shapeText(shape)) {
      throw new UserError(`${file}: ${name} has shape ${shapeText(found)}, ${model} needs ${shapeText(shape)}.`);
    }
    checkFinite(name, data, file);
    checkVariance(name, data, file);
  }
  const unknown = Object.keys(tensors).find((name) => !Object.hasOwn(expected, name));
  if (unknown === undefined) return;
  const known = Object.keys(expected).join(', ');
  throw new UserError(`${file} holds a tensor ${unknown}, which this ${model} has not; it has ${known}.`);
}

/** @throws {UserError} if the tensor is one of variances, and a number is below 0: its root is none. */
function checkVariance(name: string, data: Float32Array, file: string): void {
  const at = name.endsWith('.running_var') ? data.findIndex((value) => value < 0) : -1;
  if (at < 0) return;
  throw new UserError(
    `${file}: ${name} holds ${data[at]} (its number ${at}, counted from 0), and no variance is below 0: the file is damaged, or the tensor another.`,
  );
}

/** @throws {UserError} if a number of the tensor is NaN or infinite. */
export function checkFinite(name: string, data: Float32Array, file: string): void {
  const at = data.findIndex((value) => !Number.isFinite(value));
  if (at < 0) return;
  throw new UserError(
    `${file}: ${name} holds ${data[at]} (its number ${at}, counted from 0): such a network computes nothing. Its training has diverged or the file is damaged; train it anew.`,
  );
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
  checkParameters('saveNetwork', parameters, parameterLayout(buildLayers(spec), rules[rule]), rules[rule].usesFeedback);
  check.object('saveNetwork', 'metadata', metadata, 'an object of texts');
  for (const [name, value] of Object.entries(metadata)) check.text('saveNetwork', `metadata.${name}`, value, 0);
  return encodeCheckpoint({
    tensors: networkTensors({ spec, rule }, parameters),
    metadata: { ...metadata, ...initializerOf(rule, parameters), rule, model: spec.model, spec: JSON.stringify(spec) },
  });
}

/** The initializer, where training that goes on needs it and it isn't the usual one. */
function initializerOf(rule: RuleName, { initializer }: Parameters<Float32Array>): Record<string, string> {
  const needed = redraws(rules[rule]) && initializer !== undefined && initializer !== defaultInitializer;
  return needed ? { initializer } : {};
}

/** What a file holds of a network: everything but the kernels to run it with. */
export interface SavedNetwork {
  readonly spec: NetworkSpec;
  readonly rule: RuleName;
  readonly layers: readonly Layer[];
  readonly parameters: Parameters<Float32Array>;
  /** All that the file says beside. */
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Reads the bytes that {@link saveNetwork} made.
 *
 * @param file what messages call it
 * @param kernels in whose memory the parameters shall lie
 * @throws {UserError} if the bytes are no such file, or hold NaN or an infinity.
 */
export function readNetwork(bytes: Uint8Array, file: string, kernels: Kernels<Float32Array>): SavedNetwork {
  const { tensors, metadata, skipped = [] } = decodeCheckpoint(bytes, file);
  const { spec, rule, initializer } = parseNetworkMetadata(metadata, file);
  const layers = layersOf(spec, `${file}: the "spec" in its metadata describes no network that can be built`);
  const unread = skipped.find(({ name }) => slotsOf(spec, rule).some((slot) => slot.name === name));
  if (unread) throw new UserError(`${file}: ${skippedText(unread)}.`);
  const parameters = { ...parametersFrom(spec, rule, tensors, file, kernels), initializer };
  return { spec, rule, layers, parameters, metadata };
}

/**
 * A network's parameters from named tensors, which are just its own.
 *
 * @param file what messages call the tensors' source
 * @param kernels in whose memory the parameters shall lie
 * @throws {UserError} as {@link fillParameters} does
 */
export function parametersFrom(
  spec: NetworkSpec,
  rule: RuleName,
  tensors: Readonly<Record<string, CheckpointTensor>>,
  file: string,
  kernels: Kernels<Float32Array>,
): Parameters<Float32Array> {
  // Before memory is asked for: what a damaged file describes may be larger than what it holds.
  const slots = slotsOf(spec, rule);
  checkTensors(spec, tensors, Object.fromEntries(slots.map((slot) => [slot.name, slot])), file);
  const layout = parameterLayout(buildLayers(spec), rules[rule]);
  const parameters = allOrNone(kernels, ({ alloc }) => ({
    values: alloc(layout.parameterCount),
    feedback: alloc(rules[rule].usesFeedback ? layout.feedbackCount : 0),
  }));
  fillParameters({ spec, rule }, tensors, parameters, file);
  return parameters;
}

/** The tensors that a file holds of such a network. */
export function slotsOf(spec: NetworkSpec, rule: RuleName): readonly Slot[] {
  const { slots, feedbackSlots } = parameterLayout(buildLayers(spec), rules[rule]);
  return rules[rule].usesFeedback ? [...slots, ...feedbackSlots] : slots;
}

/**
 * A network from the bytes that {@link saveNetwork} made, ready to run.
 *
 * @param file what messages call it
 * @throws {UserError} if the bytes are no such file, or hold NaN or an infinity
 * @throws {RangeError | TypeError} if an argument is none
 */
export function loadNetwork(bytes: Uint8Array, file: string, kernels: Kernels<Float32Array>): Network<Float32Array> {
  check.bytes('loadNetwork', 'bytes', bytes);
  check.text('loadNetwork', 'file', file);
  checkKernels('loadNetwork', 'kernels', kernels);
  const { layers, rule, parameters } = readNetwork(bytes, file, kernels);
  return new Network(layers, rules[rule], kernels, parameters);
}

/** What to do where a data set's images are smaller than a model's kernels. */
export const LARGER_IMAGES = 'Give larger images, or choose another model: the ResNets take images of any size.';

/**
 * The layers of a specification that a person or a file gave.
 *
 * @param fault how the message of an error begins
 * @param advice a sentence with what to do, at its end
 * @throws {UserError} if they do not fit together, as a kernel that is larger than its input.
 */
export function layersOf(spec: NetworkSpec, fault: string, advice = ''): Layer[] {
  try {
    return buildLayers(spec);
  } catch (error) {
    if (!(error instanceof ShapeError || error instanceof RangeError)) throw error;
    throw new UserError(`${fault} (${error.message}).${advice && ` ${advice}`}`);
  }
}
