import { backprop } from './backprop.js';
import { feedbackAlignment } from './feedback-alignment.js';
import type { LearningRule } from './rule.js';

/** Every learning rule, by the name that the command line and the result files use. */
export const rules = { bp: backprop, fa: feedbackAlignment } satisfies Record<string, LearningRule>;
export type RuleName = keyof typeof rules;

/** The rules of Akrout (2019): what a run trains unless told otherwise. */
export const paperRules = ['bp', 'fa'] as const satisfies readonly RuleName[];
