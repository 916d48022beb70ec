/*
 * The checks after Carlini et al. (2019), "On Evaluating Adversarial Robustness". Each is asked twice: of the paper's
 * attacks, and of the strongest that this audit has. Where the first fail and the second pass, what looked like
 * robustness was the attack's failure; where the second fail too, the worst case is no more than an upper bound.
 */

import type { Evidence } from '../evidence.js';
import type { Check } from '../findings.js';
import {
  iterativeBeatsSingleStep,
  neverRisesWithEpsilon,
  nothingAboveChance,
  reported,
  unboundedReachesZero,
  usableGradients,
} from './sanity.js';
import {
  beatsNoise,
  beatsQueries,
  beatsTransfer,
  moreStarts,
  truePathBeatsFeedback,
  twiceTheSteps,
} from './strength.js';

const checks: readonly ((evidence: Evidence) => Check)[] = [
  reported,
  usableGradients,
  iterativeBeatsSingleStep,
  neverRisesWithEpsilon,
  unboundedReachesZero,
  twiceTheSteps,
  moreStarts,
  beatsTransfer,
  beatsQueries,
  beatsNoise,
  truePathBeatsFeedback,
  nothingAboveChance,
];

/** All twelve, in order. */
export const runChecks = (evidence: Evidence): Check[] => checks.map((check) => check(evidence));
