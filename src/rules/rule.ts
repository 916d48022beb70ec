import * as check from '../check.js';
import type { FloatArray } from '../tensor/tensor.js';

/** A weighted layer, as a learning rule sees it while the error passes down through it. */
export interface ErrorPath<A extends FloatArray> {
  /** W, in the layer's own shape. */
  readonly weight: A;
  /** B: fixed, random, of the same shape. Empty in a network whose rule uses none. */
  readonly feedback: A;
  /** Memory of the layer's shape, for a rule that computes its carrier: what is written there lasts until it is sent. */
  scratch(): A;
  /**
   * Sends the error below the layer: dx = (∂y/∂x)ᵀ dy, with `carrier` standing where W stands.
   *
   * @throws {ShapeError} if it hasn't as many numbers
   */
  send(carrier: A): void;
}

/** How the error gets from a layer's output to what lies below it. */
export interface LearningRule {
  /** The name a person reads. */
  readonly title: string;
  /** The name in figures and tables, such as `FA`. */
  readonly label: string;
  /** Whether networks that learn by this rule have feedback weights. */
  readonly usesFeedback: boolean;
  /**
   * Whose training settings a preset gives this rule where it has none for it: `bp`'s suit errors that point roughly
   * the way of the true gradient, `fa`'s errors that are sent through random weights. Without it: `fa`'s for a rule
   * with feedback weights, `bp`'s for one without.
   */
  readonly trainsLike?: 'bp' | 'fa';
  /** The one line in which rules differ. */
  errorBelow<A extends FloatArray>(layer: ErrorPath<A>): void;
}

/** @throws {TypeError} if an argument is no learning rule */
export const checkRule = (where: string, value: unknown): void =>
  check.object(where, 'rule', value, 'a learning rule, such as rules.bp,', {
    usesFeedback: 'boolean',
    errorBelow: 'function',
  });
