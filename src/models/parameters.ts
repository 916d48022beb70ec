import * as check from '../check.js';
import { ShapeError } from '../errors.js';
import type { Layer } from '../layers/layer.js';
import { checkLayers, isNormalizing, leavesOf, type Role, tensorsOf, weightedLayers } from '../layers/tree.js';
import type { LearningRule } from '../rules/rule.js';
import { allOrNone, checkKernels, type Kernels } from '../tensor/kernels.js';
import { stream } from '../tensor/random.js';
import { checkHeld } from '../tensor/released.js';
import { type FloatArray, sizeOf } from '../tensor/tensor.js';
import { type InitializerName, initializers } from './initialize.js';

/** One named tensor inside a flat array. */
export interface Slot {
  /** Such as `conv1.weight`. */
  readonly name: string;
  readonly role: Role | 'feedback';
  readonly shape: readonly number[];
  readonly offset: number;
  readonly length: number;
}

/** Where each tensor of a network stands: all but feedback weights in one flat array, these in another. */
export interface ParameterLayout {
  /** What is learned, then statistics. */
  readonly slots: readonly Slot[];
  readonly feedbackSlots: readonly Slot[];
  readonly parameterCount: number;
  /** How many of them optimizers move: the first; the others are statistics. */
  readonly learnedCount: number;
  readonly feedbackCount: number;
}

/** The flat arrays themselves. Optimizers and reductions treat each as one vector. */
export interface Parameters<A extends FloatArray> {
  readonly values: A;
  /** Empty for a rule that uses no feedback weights. */
  readonly feedback: A;
  /** What they were drawn from. Feedback weights that are redrawn in learning are drawn from it again. */
  readonly initializer?: InitializerName | undefined;
}

/** What a learning rule says of its feedback weights. */
export type FeedbackOf = Pick<LearningRule, 'usesFeedback' | 'feedbackShape' | 'beginFeedback'>;

/** @param rule gives feedback weights their shape; without it they have that of the weights */
export function parameterLayout(
  layers: readonly Layer[],
  { feedbackShape = ({ weightShape }) => weightShape }: Pick<FeedbackOf, 'feedbackShape'> = {},
): ParameterLayout {
  const classes = layers.length > 0 ? sizeOf(layers[layers.length - 1].outputShape) : 0;
  const slots: Slot[] = [];
  const feedbackSlots: Slot[] = [];
  const append = (list: Slot[], name: string, role: Slot['role'], shape: readonly number[]) =>
    list.push({ name, role, shape, offset: end(list), length: sizeOf(shape) });
  const own = leavesOf(layers).flatMap((layer) =>
    tensorsOf(layer).map(({ name, role, shape }) => ({ name: `${layer.name}.${name}`, role, shape })),
  );
  const isStatistic = ({ role }: { readonly role: Role }) => role === 'statistic';
  for (const { name, role, shape } of own.filter((tensor) => !isStatistic(tensor))) append(slots, name, role, shape);
  const learnedCount = end(slots);
  for (const { name, role, shape } of own.filter(isStatistic)) append(slots, name, role, shape);
  for (const layer of weightedLayers(layers)) {
    append(feedbackSlots, `${layer.name}.feedback`, 'feedback', feedbackShape(layer, classes));
  }
  return { slots, feedbackSlots, parameterCount: end(slots), learnedCount, feedbackCount: end(feedbackSlots) };
}

/** Where the last of such tensors ends. */
const end = (slots: readonly Slot[]): number => {
  const last = slots.at(-1);
  return last ? last.offset + last.length : 0;
};

/**
 * Fresh parameters: weights and feedback weights from the same distribution, each layer's from a stream of its own,
 * so that networks of one seed begin with the same weights whatever their rule. Biases, shifts and means begin at 0,
 * scales and variances at 1.
 *
 * @param options beside the seed and the distribution, what the rule says of its feedback weights: `...rules.dfa`
 * @throws {ShapeError | RangeError | TypeError} if an argument is unusable
 */
export function initialParameters<A extends FloatArray>(
  layers: readonly Layer[],
  kernels: Kernels<A>,
  options: { readonly seed: number; readonly initializer: InitializerName } & FeedbackOf,
): Parameters<A> {
  const where = 'initialParameters';
  checkLayers(where, layers);
  checkKernels(where, 'kernels', kernels);
  check.object(where, 'options', options, 'an object with seed, initializer and usesFeedback');
  check.seed(where, 'options.seed', options.seed);
  check.oneOf(where, 'options.initializer', options.initializer, Object.keys(initializers));
  check.flag(where, 'options.usesFeedback', options.usesFeedback);
  const { usesFeedback, feedbackShape, beginFeedback } = options;
  for (const [name, value] of Object.entries({ feedbackShape, beginFeedback })) {
    if (value !== undefined) check.callable(where, `options.${name}`, value);
  }
  const layout = parameterLayout(layers, options);
  const draw = initializers[options.initializer];
  const random = stream(options.seed);
  const { values, feedback } = allOrNone(kernels, ({ alloc }) => ({
    values: alloc(layout.parameterCount),
    feedback: alloc(usesFeedback ? layout.feedbackCount : 0),
  }));
  for (const { name } of leavesOf(layers).filter(isNormalizing)) {
    for (const own of ['weight', 'running_var']) view(values, layout.slots, `${name}.${own}`).fill(1);
  }
  for (const layer of weightedLayers(layers)) {
    const weights = view(values, layout.slots, `${layer.name}.weight`);
    draw(weights, layer.fanIn, random.split('weights').split(layer.name));
    if (usesFeedback) {
      const tensor = view(feedback, layout.feedbackSlots, `${layer.name}.feedback`);
      draw(tensor, layer.fanIn, random.split('feedback').split(layer.name));
      beginFeedback?.(tensor, rootMeanSquare(weights));
    }
  }
  return { values, feedback, initializer: options.initializer };
}

/**
 * Checks that parameters are those of such layers.
 *
 * @param usesFeedback whether there must be feedback weights
 * @throws {TypeError} if they are none
 * @throws {ShapeError} if they are not as many as the layers have
 * @throws {Error} if their memory was given back
 */
export function checkParameters(where: string, value: unknown, layout: ParameterLayout, usesFeedback: boolean): void {
  check.object(where, 'parameters', value, 'an object with values and feedback (initialParameters makes one)');
  const { values, feedback, initializer } = value as Parameters<FloatArray>;
  if (initializer !== undefined) {
    check.oneOf(where, 'parameters.initializer', initializer, Object.keys(initializers));
  }
  check.floats(where, 'parameters.values', values, layout.parameterCount);
  check.floats(where, 'parameters.feedback', feedback, usesFeedback ? layout.feedbackCount : feedback?.length);
  for (const array of [values, feedback]) checkHeld(where, "the parameters' network", array);
  if (feedback.length === 0 || feedback.length === layout.feedbackCount) return;
  throw new ShapeError(
    `${where}: parameters.feedback holds ${feedback.length} numbers; none or ${layout.feedbackCount} are expected`,
  );
}

function rootMeanSquare(values: FloatArray): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return Math.sqrt(sum / values.length);
}

/** The part of a flat array that holds the named tensor; empty where the array is (a network without feedback). */
export function view<A extends FloatArray>(flat: A, slots: readonly Slot[], name: string): A {
  const { offset, length } = slotNamed(slots, name);
  return flat.subarray(offset, offset + length) as A;
}

export function slotNamed(slots: readonly Slot[], name: string): Slot {
  const slot = slots.find((candidate) => candidate.name === name);
  if (!slot) throw new Error(`no tensor is called ${name}`);
  return slot;
}
