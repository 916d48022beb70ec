import { list, percent, short } from '../words.js';
import { epsilonIs, worstComparison } from './checks/check.js';
import { GREY_RADIUS } from './checks/sanity.js';
import { accuracyOf, accuracyUnder, type Evidence, paperAccuracy } from './evidence.js';
import type { Check } from './findings.js';
import { attackId } from './recipe.js';
import { type ImageFate, survivors } from './worst-case.js';

/** Two paths are as good as each other if BIM along one leaves no more than this more right than along the other. */
const AS_GOOD = 0.02;

/** What an audit says of a network, in plain words. */
export type VerdictText =
  | 'undertrained'
  | 'robust as far as these attacks can tell'
  | 'not known: these attacks are not to be trusted on it'
  | "not robust, and the paper's attacks show it"
  | 'gradients masked by saturation'
  | 'gradients masked by saturation, and misaligned'
  | 'gradients masked by underflow'
  | 'gradients masked by underflow, and misaligned'
  | 'gradients misaligned'
  | "the paper's attacks are too weak";

export interface Verdict {
  readonly text: VerdictText;
  /** Why, with the numbers that decided. */
  readonly because: string;
}

/** Below this clean accuracy there is little to be robust. */
const TRAINED = 0.25;
/** A network that keeps this share of its clean accuracy counts as robust: what the paper's attacks, or all, must leave. */
const ROBUST = 0.5;
/** The paper's attacks are taken at their word if the worst case is no further below them. */
const GAP = 0.25;
/** What must come back, once one cause is taken away, for that cause to count as hiding the weakness. */
const HIDDEN = 0.1;
/** A softmax is saturated that gives the true class nearly 1 on this share of the images classified correctly. */
const SATURATED = 0.5;

/**
 * The verdict's rules, all of them:
 *
 * 1. Clean accuracy under 25 %: undertrained.
 * 2. Where the paper's attacks leave the network half of its clean accuracy or more, compare with the worst case. If
 *    that is nowhere more than 25 points lower, the paper's attacks tell the truth: the network is robust (as far as
 *    these attacks can tell) if the worst case leaves it half at the largest ε below 0.5, and otherwise not robust,
 *    visibly. But attacks that fail a check can't tell robustness: where one fails for the audit's own, it isn't known.
 * 3. Otherwise something hides the weakness. At the ε with the largest gap (below 0.5, if there is one), BIM says what,
 *    with one thing changed at a time. Saturation, if cross-entropy along the true weights leaves 10 points more than
 *    the margin does, and the softmax is 0.99 or more for the true class on half of the images classified correctly:
 *    the exact gradient fails, of a softmax gone flat. Underflow, if the cross-entropy's gradient along the rule's path
 *    is lost in float32 on 10 % of the images though the softmax isn't 1. Misalignment, if the margin along the feedback
 *    weights leaves 10 points more than along the true ones: a loss that can't go flat fails, for the direction. If
 *    neither: BIM itself is weak.
 */
export function judge(
  evidence: Evidence,
  fates: ReadonlyMap<number, readonly ImageFate[]>,
  checks: readonly Check[],
): Verdict {
  const clean = accuracyOf(evidence.labels, evidence.clean);
  if (clean < TRAINED) {
    return {
      text: 'undertrained',
      because: `Without any attack ${percent(clean)} of the images are classified correctly: before asking how robust the network is, train it.`,
    };
  }
  const worst = (epsilon: number) => survivors(fates.get(epsilon) ?? []);
  const gaps = evidence.epsilons
    .map((epsilon) => ({ epsilon, paper: paperAccuracy(evidence, epsilon), worst: worst(epsilon) }))
    .filter(({ paper }) => paper >= ROBUST * clean)
    .sort((a, b) => widthOf(b) - widthOf(a));
  const wide = gaps.filter((gap) => widthOf(gap) > GAP);
  if (wide.length === 0) return plainVerdict(evidence, worst, ROBUST * clean, gaps[0], checks);
  return hiddenWeakness(evidence, wide.find(({ epsilon }) => epsilon < GREY_RADIUS) ?? wide[0]);
}

/**
 * What is to be said of a rule's own path where an attacker needs no other: that BIM on the margin does as much harm
 * along it as along the true weights, at every ε below 0.5.
 *
 * @returns nothing to be said of a rule whose own path is the true one, or misleads
 */
export function ownPathSentence(evidence: Evidence): string | undefined {
  if (evidence.ownPath === 'true' || accuracyOf(evidence.labels, evidence.clean) < TRAINED) return undefined;
  const small = evidence.epsilons.filter((epsilon) => epsilon < GREY_RADIUS);
  const worst = worstComparison(small, (epsilon) => [
    accuracyUnder(evidence, attackId('bim', evidence.ownPath, 'margin'), epsilon),
    accuracyUnder(evidence, attackId('bim', 'true', 'margin'), epsilon),
  ]);
  if (!worst || worst.excess > AS_GOOD + Number.EPSILON) return undefined;
  return `Its own path is as good an attack as the true one: along it BIM on the margin leaves ${percent(worst.first)} right at ${epsilonIs(worst.epsilon, evidence.epsilons)}, along the true weights ${percent(worst.second)}.`;
}

/** What the paper's attacks and the worst case leave at one epsilon. */
interface Gap {
  readonly epsilon: number;
  readonly paper: number;
  readonly worst: number;
}

const widthOf = ({ paper, worst }: Gap): number => paper - worst;

/** The paper's attacks tell the truth: where they leave `robust` or more, the worst case is lower by `largest` at most. */
function plainVerdict(
  evidence: Evidence,
  worst: (epsilon: number) => number,
  robust: number,
  largest: Gap | undefined,
  checks: readonly Check[],
): Verdict {
  const { epsilons } = evidence;
  const epsilon = epsilons.filter((each) => each < GREY_RADIUS).at(-1) ?? epsilons[0];
  const left = worst(epsilon);
  const paper = paperAccuracy(evidence, epsilon);
  const agreement = largest
    ? ` Where they leave half of what is right without attack, the worst case is at most ${points(widthOf(largest))} lower.`
    : '';
  const because = `At ${epsilonIs(epsilon, evidence.epsilons)} the paper's attacks leave ${percent(paper)} right, the worst case ${percent(left)}.${agreement}`;
  if (left < robust) return { text: "not robust, and the paper's attacks show it", because };
  const failed = checks.filter(({ auditVerdict }) => auditVerdict === 'fail').map(({ id }) => `${id}`);
  if (failed.length === 0) return { text: 'robust as far as these attacks can tell', because };
  return {
    text: 'not known: these attacks are not to be trusted on it',
    because: `${because} But the audit's own attacks fail ${failed.length > 1 ? 'checks' : 'check'} ${list(failed)}: what they leave right says nothing.`,
  };
}

/** A difference of shares as a person reads it. */
const points = (difference: number): string => `${(100 * difference).toFixed(1)} points`;

/** The worst case lies far below what the paper's attacks show: what hides it? */
function hiddenWeakness(evidence: Evidence, at: Gap): Verdict {
  const { epsilon } = at;
  const bim = (path: 'feedback' | 'true', loss: 'cross-entropy' | 'margin') => {
    const accuracy = accuracyUnder(evidence, attackId('bim', path, loss), epsilon);
    if (accuracy === undefined) throw new Error(`BIM along the ${path} path on ${loss} was not run on all images`);
    return accuracy;
  };
  const own = evidence.ownPath;
  const both = bim('true', 'margin');
  const [flat, astray] = [bim('true', 'cross-entropy'), bim(own, 'margin')];
  const [lossHides, misaligned] = [flat - both >= HIDDEN, astray - both >= HIDDEN];
  const saturated = lossHides && isSaturated(evidence);

  const { counts, images, angle } = evidence.gradients;
  const { zero = 0, underflow = 0 } = counts.find(({ loss, path }) => loss === 'cross-entropy' && path === own) ?? {};
  const lost = underflow / images >= HIDDEN;
  const reasons = [
    `At ${epsilonIs(epsilon, evidence.epsilons)} the paper's attacks leave ${percent(at.paper)} right, the worst case ${percent(at.worst)}.`,
  ];
  if (saturated) {
    reasons.push(
      `Saturation hides it: ${percent(zero / images)} of the images have a cross-entropy gradient of exactly zero, and even along the true weights BIM on cross-entropy leaves ${percent(flat)} right, on the margin of the logits ${percent(both)}.`,
    );
  }
  if (lossHides && !saturated) reasons.push(unsaturatedReason(evidence, flat, both));
  if (lost) {
    reasons.push(
      `Underflow hides it: ${percent(underflow / images)} of the images have a cross-entropy gradient of exactly zero though the softmax is not saturated. Multiplied by 2¹⁰⁰, the loss has a gradient there: the backward pass leaves numbers that float32 can't hold.`,
    );
  }
  if (misaligned) {
    const direction = angle
      ? ` (${angle.median.toFixed(0)}° from the true gradient in the median, ${angle.percentile5.toFixed(0)}° to ${angle.percentile95.toFixed(0)}° for nine images of ten; 90° says nothing)`
      : '';
    reasons.push(
      `Misalignment hides it: along the feedback weights${direction} BIM on the margin leaves ${percent(astray)} right, along the true weights ${percent(both)}.`,
    );
  }
  if (!lossHides && !lost && !misaligned) {
    reasons.push(`Neither the loss nor the path is to blame: BIM stops short of what more patient attacks find.`);
  }
  const mask = saturated ? 'saturation' : lost ? 'underflow' : undefined;
  return { text: causeText(mask, misaligned), because: reasons.join(' ') };
}

/** Whether the softmax is saturated on the images that an attack is to change. */
function isSaturated({ logits, labels, clean }: Evidence): boolean {
  const right = accuracyOf(labels, clean) * labels.length;
  return logits.nearOne >= SATURATED * right;
}

/** Why the cross-entropy is a worse guide than the margin, where the softmax isn't saturated. */
function unsaturatedReason({ logits }: Evidence, flat: number, both: number): string {
  const { nearOne, uniform, images, spread } = logits;
  const equal =
    uniform > 0
      ? ` On ${uniform} of ${images} images all shares of the softmax are equal in float32, the logits differ by ${short(spread)} in the median: the cross-entropy does not tell which class is nearest.`
      : '';
  return `The cross-entropy hides it, but not by saturation: even along the true weights BIM on it leaves ${percent(flat)} right, on the margin of the logits ${percent(both)}, and the softmax gives the true class 0.99 or more on ${nearOne} of ${images} images.${equal}`;
}

function causeText(mask: 'saturation' | 'underflow' | undefined, misaligned: boolean): VerdictText {
  if (mask) return misaligned ? `gradients masked by ${mask}, and misaligned` : `gradients masked by ${mask}`;
  return misaligned ? 'gradients misaligned' : "the paper's attacks are too weak";
}
