import * as check from '../check.js';
import { backprop } from './backprop.js';
import type { LearningRule } from './rule.js';

/**
 * The gradient path of a backward pass. `feedback`: the learning rule's path; for feedback alignment this is the fixed
 * random B, as in the paper's attacks. `true`: the exact gradient, through the transposed weights Wᵀ. The two are the
 * same for backpropagation.
 */
export const gradientPaths = ['feedback', 'true'] as const;
export type GradientPath = (typeof gradientPaths)[number];

/** Returns the gradient path of a rule's own backward pass, as in the paper's attacks: `true` only for backpropagation. */
export const ownPath = (rule: LearningRule): GradientPath => (rule === backprop ? 'true' : 'feedback');

/** Returns the rule whose backward pass follows the given gradient path. */
export const ruleAlong = (path: GradientPath, rule: LearningRule): LearningRule => (path === 'true' ? backprop : rule);

/** @throws {RangeError} if the value is not a gradient path */
export const checkPath = (where: string, argument: string, value: unknown): void =>
  check.oneOf(where, argument, value, gradientPaths);
