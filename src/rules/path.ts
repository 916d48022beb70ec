import * as check from '../check.js';
import { backprop } from './backprop.js';
import type { LearningRule } from './rule.js';

/**
 * What carries the error down: the learning rule's own path (for feedback alignment the fixed random B, which is what
 * the paper's attacker uses), or the true transposed weights. The same for backpropagation.
 */
export const gradientPaths = ['feedback', 'true'] as const;
export type GradientPath = (typeof gradientPaths)[number];

/** The path that a rule's own errors take, and the paper's attacker with them: `true` for backpropagation alone. */
export const ownPath = (rule: LearningRule): GradientPath => (rule === backprop ? 'true' : 'feedback');

/** The rule by which the error goes down the given path. */
export const ruleAlong = (path: GradientPath, rule: LearningRule): LearningRule => (path === 'true' ? backprop : rule);

/** @throws {RangeError} if an argument is no path */
export const checkPath = (where: string, argument: string, value: unknown): void =>
  check.oneOf(where, argument, value, gradientPaths);
