import { backprop } from './backprop.js';
import { directFeedbackAlignment, directRandomTargetProjection } from './direct-feedback.js';
import { feedbackAlignment } from './feedback-alignment.js';
import { kolenPollack } from './kolen-pollack.js';
import type { LearningRule } from './rule.js';
import { batchMagnitudes, fixedMagnitudes, uniformSigns } from './sign-concordant.js';
import { weightMirrors } from './weight-mirrors.js';

/** The table of learning rules. The keys are the names on the command line and in result files. */
export const rules = {
  bp: backprop,
  fa: feedbackAlignment,
  dfa: directFeedbackAlignment,
  drtp: directRandomTargetProjection,
  usf: uniformSigns,
  brsf: batchMagnitudes,
  frsf: fixedMagnitudes,
  kp: kolenPollack,
  wm: weightMirrors,
} satisfies Record<string, LearningRule>;
export type RuleName = keyof typeof rules;

/** The rules of Akrout (2019), which a run trains by default. */
export const paperRules = ['bp', 'fa'] as const satisfies readonly RuleName[];
