import * as check from '../check.js';
import type { WeightedLayer } from '../layers/layer.js';
import type { Kernels } from '../tensor/kernels.js';
import type { FloatArray } from '../tensor/tensor.js';
import type { FeedbackLearning } from './learning.js';

/** A weighted layer, as a learning rule sees it while the error passes down through it. */
export interface ErrorPath<A extends FloatArray> {
  readonly kernels: Kernels<A>;
  /** W, in the layer's own shape. */
  readonly weight: A;
  /** B, in the shape that the rule gives it: W's own unless it says otherwise. Empty where the rule uses none. */
  readonly feedback: A;
  /** Memory of the layer's shape, for a rule that computes its carrier: what is written there lasts until it is sent. */
  scratch(): A;
  /**
   * Sends the error below the layer: dx = (∂y/∂x)ᵀ dy, with `carrier` standing where W stands.
   *
   * @throws {ShapeError} if it hasn't as many numbers
   */
  send(carrier: A): void;
  /**
   * Sends the output's error straight below the layer, past all others: dx = e·B.
   *
   * @param direct B, `[classes, inputs]`
   */
  sendOutput(direct: A): void;
  /** Sends the one-hot target in the place of the output's error: dx is the row of B that belongs to the true class. */
  sendTarget(direct: A): void;
}

/** How the error gets from a layer's output to what lies below it. */
export interface LearningRule {
  /** The name a person reads. */
  readonly title: string;
  /** The name in figures and tables, such as `FA`. */
  readonly label: string;
  /** Whether networks that learn by this rule have feedback weights. */
  readonly usesFeedback: boolean;
  /** The shape of a layer's feedback weights; that of its weights unless said. */
  feedbackShape?(layer: WeightedLayer, classes: number): readonly number[];
  /**
   * What a layer's feedback weights begin as, where that is not simply a draw from the weights' own distribution.
   *
   * @param feedback drawn from it already; to be changed in place
   * @param scale the root mean square of the layer's weights, as they begin
   */
  beginFeedback?(feedback: FloatArray, scale: number): void;
  /**
   * Whose training settings a preset gives this rule where it has none for it: `bp`'s suit errors that point roughly
   * the way of the true gradient, `fa`'s errors that are sent through random weights. Without it: `fa`'s for a rule
   * with feedback weights, `bp`'s for one without.
   */
  readonly trainsLike?: 'bp' | 'fa';
  /** The one line in which rules differ. */
  errorBelow<A extends FloatArray>(layer: ErrorPath<A>): void;
  /** How feedback weights change while the network learns; without it they stay as they began. */
  readonly learning?: FeedbackLearning;
}

/** @throws {TypeError} if an argument is no learning rule */
export const checkRule = (where: string, value: unknown): void =>
  check.object(where, 'rule', value, 'a learning rule, such as rules.bp,', {
    usesFeedback: 'boolean',
    errorBelow: 'function',
  });

/** Whether the rule draws its feedback weights anew while the network learns. */
export const redraws = ({ learning }: LearningRule): boolean => learning?.redraw !== undefined;

/**
 * Whose training settings suit a rule that has none of its own: see {@link LearningRule.trainsLike}.
 *
 * @throws {TypeError} if the argument is no learning rule
 */
export function trainedLike(rule: LearningRule): 'bp' | 'fa' {
  checkRule('trainedLike', rule);
  return rule.trainsLike ?? (rule.usesFeedback ? 'fa' : 'bp');
}
