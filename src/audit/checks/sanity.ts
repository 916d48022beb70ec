/* Checks that an attack behaves as an attack must: on its own, without another to compare it to. */

import { chance } from '../../metrics/accuracy.js';
import { percent } from '../../words.js';
import {
  accuracyOf,
  accuracyUnder,
  type Evidence,
  outcomesAt,
  paperAccuracy,
  rightUnder,
  shareOf,
} from '../evidence.js';
import type { Check } from '../findings.js';
import { apgdIds, attackId, type Kind } from '../recipe.js';
import { survivors, worstCase } from '../worst-case.js';
import {
  answerTo,
  type Comparison,
  epsilonIs,
  meaningOf,
  numbersOf,
  passIf,
  toleranceFor,
  WHITE_BOX,
  worstComparison,
} from './check.js';

/** More images than this without a usable gradient make a gradient unfit to attack by. */
export const MOST_UNUSABLE = 0.01;
/** From here on every image may be moved to the same grey. */
export const GREY_RADIUS = 0.5;
/** Here every image may be moved to any other. */
const UNBOUNDED = 1;

export function reported({ labels, clean }: Evidence): Check {
  const cleanAccuracy = accuracyOf(labels, clean);
  return {
    id: 1,
    name: 'clean accuracy and hyperparameters reported',
    verdict: 'pass',
    auditVerdict: 'pass',
    numbers: { cleanAccuracy, images: labels.length },
    meaning: `Without attack ${percent(cleanAccuracy)} of the ${labels.length} images are classified correctly; config.json and audit.json hold every setting of training, attack and audit, so that anyone can repeat them.`,
  };
}

export function usableGradients(evidence: Evidence): Check {
  const { gradients } = evidence;
  /** At the clean images; NaN that attacks of these kinds met on their way counts too. */
  const shares = (loss: string, path: string, kinds: readonly Kind[]) => {
    const found = gradients.counts.find((count) => count.loss === loss && count.path === path);
    if (!found) throw new Error(`the gradient of ${loss} along the ${path} path was not looked at`);
    const met = evidence.outcomes.filter(({ attack }) => kinds.includes(attack.kind)).map(({ notFinite }) => notFinite);
    const notFinite = Math.max(found.notFinite, ...met);
    return { zero: found.zero / gradients.images, notFinite: notFinite / gradients.images };
  };
  const usable = ({ zero, notFinite }: { zero: number; notFinite: number }) =>
    passIf(zero <= MOST_UNUSABLE && notFinite === 0);
  const own = shares('cross-entropy', evidence.ownPath, ['paper']);
  const margin = shares('margin', 'true', WHITE_BOX);
  const [verdict, auditVerdict] = [usable(own), usable(margin)];
  const finding =
    verdict === 'pass'
      ? `Of the gradients that the paper's attacks follow, ${percent(own.zero)} are exactly zero and none is NaN or infinite: there is a way to follow.`
      : own.notFinite > 0
        ? `${percent(own.notFinite)} of the gradients that the paper's attacks follow are NaN or infinite, ${percent(own.zero)} exactly zero: they point nowhere.`
        : `${percent(own.zero)} of the gradients that the paper's attacks follow are exactly zero: those images are not moved at all, so that nothing was measured on them.`;
  return {
    id: 2,
    name: 'gradients are neither zero nor NaN nor infinite',
    verdict,
    auditVerdict,
    numbers: {
      zero: own.zero,
      notFinite: own.notFinite,
      zeroTrueCrossEntropy: shares('cross-entropy', 'true', []).zero,
      auditZero: margin.zero,
      auditNotFinite: margin.notFinite,
    },
    meaning: meaningOf(finding, verdict, auditVerdict),
  };
}

export function iterativeBeatsSingleStep(evidence: Evidence): Check {
  const paper = (attack: 'fgsm' | 'bim' | 'mi-fgsm') => attackId(attack, evidence.ownPath, 'cross-entropy');
  const compare = (iterative: readonly string[], single: string) =>
    worstComparison(evidence.epsilons, (epsilon) => {
      const accuracies = iterative.map((id) => accuracyUnder(evidence, id, epsilon) ?? Number.NaN);
      const worst = Math.max(...accuracies);
      return [Number.isNaN(worst) ? undefined : worst, accuracyUnder(evidence, single, epsilon)];
    });
  const own = compare([paper('bim'), paper('mi-fgsm')], paper('fgsm'));
  const audit = compare([attackId('apgd', 'true', 'margin')], attackId('fgsm', 'true', 'margin'));
  const [verdict, auditVerdict] = [answerTo(evidence, own), answerTo(evidence, audit)];
  const finding =
    verdict === 'fail' && own
      ? `At ${epsilonIs(own.epsilon, evidence.epsilons)} ten steps leave ${percent(own.first)} right, one step only ${percent(own.second)}: steps that follow a loss uphill can't do less harm than one.`
      : 'Several steps do at least as much harm as one, as they must where the steps follow the loss uphill.';
  return {
    id: 3,
    name: 'iterative at least as strong as single-step',
    verdict,
    auditVerdict,
    numbers: {
      ...numbersOf(own, 'epsilon', 'iterative', 'singleStep'),
      ...numbersOf(audit, 'auditEpsilon', 'auditIterative', 'auditSingleStep'),
    },
    meaning: meaningOf(finding, verdict, auditVerdict),
  };
}

/** Of FGSM nothing is asked: its one step is as long as ε, and may overshoot what a shorter one would hit. */
export function neverRisesWithEpsilon(evidence: Evidence): Check {
  const own = largestRise(
    evidence,
    (['bim', 'mi-fgsm'] as const).map((attack) => attackId(attack, evidence.ownPath, 'cross-entropy')),
  );
  const audit = largestRise(evidence, [...apgdIds(evidence), 'square']);
  const [verdict, auditVerdict] = [answerTo(evidence, own), answerTo(evidence, audit)];
  const finding =
    verdict === 'fail' && own
      ? `Under ${own.id} accuracy rises from ${percent(own.second)} to ${percent(own.first)} at ${epsilonIs(own.epsilon, evidence.epsilons)}: with more freedom the attack does less harm.`
      : 'Accuracy does not rise with ε: with more freedom the attacks do at least as much harm.';
  return {
    id: 4,
    name: 'accuracy does not rise with epsilon',
    verdict,
    auditVerdict,
    numbers: {
      ...numbersOf(own, 'epsilon', 'accuracy', 'accuracyAtSmallerEpsilon'),
      ...numbersOf(audit, 'auditEpsilon', 'auditAccuracy', 'auditAccuracyAtSmallerEpsilon'),
    },
    meaning: meaningOf(finding, verdict, auditVerdict),
  };
}

/** By how much accuracy under one attack is over what it was at some smaller epsilon, none at all included. */
function largestRise(evidence: Evidence, ids: readonly string[]): (Comparison & { readonly id: string }) | undefined {
  const rises = ids.flatMap((id) => {
    let lowest = accuracyOf(evidence.labels, evidence.clean);
    const rise = worstComparison(evidence.epsilons, (epsilon) => {
      const accuracy = accuracyUnder(evidence, id, epsilon);
      const before = lowest;
      lowest = Math.min(lowest, accuracy ?? lowest);
      return [accuracy, before];
    });
    return rise ? [{ ...rise, id }] : [];
  });
  return rises.sort((a, b) => b.excess - a.excess)[0];
}

export function unboundedReachesZero(evidence: Evidence): Check {
  const name = 'an unbounded attack reaches 0 %';
  if (!evidence.epsilons.includes(UNBOUNDED)) {
    return notApplicable(5, name, 'The audit was not made at ε = 1, where every image may be moved to any other.');
  }
  const accuracy = paperAccuracy(evidence, UNBOUNDED);
  const auditAccuracy = shareOf(rightUnder(evidence, outcomesAt(evidence, UNBOUNDED, { kinds: WHITE_BOX })));
  const [verdict, auditVerdict] = [
    passIf(accuracy <= toleranceFor(evidence)),
    passIf(auditAccuracy <= toleranceFor(evidence)),
  ];
  const finding =
    verdict === 'pass'
      ? "At ε = 1, where every image may be moved to any other, the paper's attacks leave none right."
      : `At ε = 1, where every image may be moved to any other, the paper's attacks still leave ${percent(accuracy)} right: they fail for want of a way, not of room.`;
  return {
    id: 5,
    name,
    verdict,
    auditVerdict,
    numbers: { epsilon: UNBOUNDED, accuracy, auditAccuracy },
    meaning: meaningOf(finding, verdict, auditVerdict),
  };
}

export function nothingAboveChance(evidence: Evidence): Check {
  const name = 'no accuracy above chance at epsilon 0.5 and over';
  const large = evidence.epsilons.filter((epsilon) => epsilon >= GREY_RADIUS);
  if (large.length === 0) return notApplicable(12, name, 'The audit was made at no ε of 0.5 or over.');
  const guessing = chance(evidence.labels);
  const fates = worstCase(evidence);
  const own = worstComparison(large, (epsilon) => [paperAccuracy(evidence, epsilon), guessing]);
  const audit = worstComparison(large, (epsilon) => [survivors(fates.get(epsilon) ?? []), guessing]);
  const [verdict, auditVerdict] = [answerTo(evidence, own), answerTo(evidence, audit)];
  const grey = 'From ε = 0.5 on every image can be moved to the same grey, where no classifier can beat chance';
  const finding =
    verdict === 'fail' && own
      ? `${grey}. The paper's attacks leave ${percent(own.first)} right there: that is no robustness.`
      : `${grey}; and none does.`;
  return {
    id: 12,
    name,
    verdict,
    auditVerdict,
    numbers: {
      ...numbersOf(own, 'epsilon', 'accuracy', 'chance'),
      ...(audit ? { auditEpsilon: audit.epsilon, auditWorstCase: audit.first } : {}),
    },
    meaning: meaningOf(finding, verdict, auditVerdict),
  };
}

export const notApplicable = (id: number, name: string, meaning: string): Check => ({
  id,
  name,
  verdict: 'not applicable',
  auditVerdict: 'not applicable',
  numbers: {},
  meaning,
});
