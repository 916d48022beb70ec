import { epsilonTexts } from '../../words.js';
import { type Evidence, type Outcome, outcomesAt, rightUnder, shareOf } from '../evidence.js';
import type { Answer } from '../findings.js';
import type { Kind } from '../recipe.js';

/**
 * A difference of shares up to this, or of one image, is taken for none. Both shares are of the same images under two
 * attacks, so what chance did in choosing the images it did to both: their 95 % intervals, some four points wide at
 * 1,000 images, are not what their difference is to be held against.
 */
const TOLERANCE = 0.005;

/** The largest difference between two shares of these images that is taken for none. */
export const toleranceFor = ({ labels }: Evidence): number => Math.max(TOLERANCE, 1 / labels.length) + Number.EPSILON;

/** The strongest that a gradient gives, with all the steps and starts that were tried. */
export const WHITE_BOX: readonly Kind[] = [
  'white-box',
  'targeted white-box',
  'longer white-box',
  'restarted white-box',
];

/** Two shares at one epsilon; `excess` is by how much the first is over the second. */
export interface Comparison {
  readonly epsilon: number;
  readonly first: number;
  readonly second: number;
  readonly excess: number;
}

/**
 * The comparison with the largest excess over all epsilons.
 *
 * @param sharesAt the two shares at an epsilon, or undefined where one is unknown
 * @returns undefined where no epsilon has both
 */
export function worstComparison(
  epsilons: readonly number[],
  sharesAt: (epsilon: number) => readonly [first: number | undefined, second: number | undefined],
): Comparison | undefined {
  let worst: Comparison | undefined;
  for (const epsilon of epsilons) {
    const [first, second] = sharesAt(epsilon);
    if (first === undefined || second === undefined) continue;
    if (!worst || first - second > worst.excess) worst = { epsilon, first, second, excess: first - second };
  }
  return worst;
}

/** Whether the first share is never over the second one by more than the tolerance. */
export const answerTo = (evidence: Evidence, comparison: Comparison | undefined): Answer =>
  comparison === undefined ? 'not applicable' : passIf(comparison.excess <= toleranceFor(evidence));

export const passIf = (condition: boolean): Answer => (condition ? 'pass' : 'fail');

/**
 * The share of images that one lot of attacks leaves right, against the share that it leaves together with another lot:
 * the difference is what only the other lot found.
 *
 * @returns undefined shares where either lot was not run at that epsilon
 */
export function foundOnlyBy(
  evidence: Evidence,
  epsilon: number,
  lot: readonly Kind[],
  others: readonly Kind[],
): readonly [alone: number | undefined, together: number | undefined] {
  const left = (outcomes: readonly Outcome[]) => shareOf(rightUnder(evidence, outcomes));
  const own = outcomesAt(evidence, epsilon, { kinds: lot });
  const more = outcomesAt(evidence, epsilon, { kinds: others });
  if (own.length === 0 || more.length === 0) return [undefined, undefined];
  return [left(own), left([...own, ...more])];
}

/** A comparison's numbers under the reader's names for them. */
export const numbersOf = (
  comparison: Comparison | undefined,
  epsilon: string,
  first: string,
  second: string,
): Record<string, number> =>
  comparison ? { [epsilon]: comparison.epsilon, [first]: comparison.first, [second]: comparison.second } : {};

/** What a reader is told: the finding on the paper's attacks, and what that means for the audit's own. */
export function meaningOf(finding: string, verdict: Answer, auditVerdict: Answer): string {
  if (auditVerdict === 'fail') {
    return `${finding} The audit's strongest attacks have this fault too: its worst case is no more than an upper bound.`;
  }
  return verdict === 'fail' && auditVerdict === 'pass'
    ? `${finding} The audit's own attacks do not have this fault.`
    : finding;
}

/** Returns `ε = 4/255`, in as many digits as tell it from others. */
export const epsilonIs = (epsilon: number, others: readonly number[] = []): string =>
  `ε = ${epsilonTexts(others)(epsilon)}`;
