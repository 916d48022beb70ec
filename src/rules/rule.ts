import * as check from '../check.js';
import type { WeightedLayer } from '../layers/layer.js';
import type { Kernels } from '../tensor/kernels.js';
import type { FloatArray } from '../tensor/tensor.js';
import type { FeedbackLearning } from './learning.js';

/** A weighted layer during the backward pass: all that a learning rule needs of it. */
export interface ErrorPath<A extends FloatArray> {
  readonly kernels: Kernels<A>;
  /** The forward weights W, in the layer's shape. */
  readonly weight: A;
  /** The feedback weights B, in the rule's `feedbackShape`, by default W's shape. Empty if the rule has no feedback weights. */
  readonly feedback: A;
  /** Returns memory of W's shape, in which a rule can compute what it sends the error through. Valid until `send` ends. */
  scratch(): A;
  /**
   * Sends the error signal below the layer: dx = (∂y/∂x)ᵀ dy, with `carrier` in the place of W.
   *
   * @param carrier as many numbers as W: W itself, B, or a matrix computed from them
   * @throws {ShapeError} if it has another number of elements
   */
  send(carrier: A): void;
  /**
   * Sends the error e at the network's output directly below this layer: dx = e·B.
   *
   * @param direct B, `[classes, inputs]`
   */
  sendOutput(direct: A): void;
  /** Sends the one-hot target instead of the output's error: dx is the row of B of the true class. */
  sendTarget(direct: A): void;
}

/** A learning rule: it decides which error signal the backward pass sends below a weighted layer. */
export interface LearningRule {
  /** The full name, such as `feedback alignment`. */
  readonly title: string;
  /** The short name in figures and tables, such as `FA`. */
  readonly label: string;
  /** Whether networks that learn by this rule have feedback weights. */
  readonly usesFeedback: boolean;
  /** Returns the shape of a layer's feedback weights. By default it is the shape of its weights. */
  feedbackShape?(layer: WeightedLayer, classes: number): readonly number[];
  /**
   * Changes a layer's initial feedback weights, which are otherwise a draw from the weights' distribution.
   *
   * @param feedback the draw; changed in place
   * @param scale the root mean square of the layer's initial weights
   */
  beginFeedback?(feedback: FloatArray, scale: number): void;
  /**
   * The rule whose training settings this rule gets from a preset that has no settings for it. `bp`'s suit errors close
   * to the exact gradient; `fa`'s suit errors through random weights. Default: `fa` for a rule with feedback weights,
   * `bp` for one without.
   */
  readonly trainsLike?: 'bp' | 'fa';
  /** Sends the error below one layer. In this line the rules differ. */
  errorBelow<A extends FloatArray>(layer: ErrorPath<A>): void;
  /** The learning of the feedback weights. Without it they are fixed. */
  readonly learning?: FeedbackLearning;
}

/** @throws {TypeError} if the value is not a learning rule */
export const checkRule = (where: string, value: unknown): void =>
  check.object(where, 'rule', value, 'a learning rule, such as rules.bp,', {
    usesFeedback: 'boolean',
    errorBelow: 'function',
  });

/** Returns whether the rule redraws its feedback weights during training. */
export const redraws = ({ learning }: LearningRule): boolean => learning?.redraw !== undefined;

/**
 * Returns the rule whose training settings suit a rule without settings: see {@link LearningRule.trainsLike}.
 *
 * @throws {TypeError} if the argument is not a learning rule
 */
export function trainedLike(rule: LearningRule): 'bp' | 'fa' {
  checkRule('trainedLike', rule);
  return rule.trainsLike ?? (rule.usesFeedback ? 'fa' : 'bp');
}
