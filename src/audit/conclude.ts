import type { Check } from './check.js';
import { runChecks } from './checks.js';
import { accuracyOf, type Evidence, outcomesAt, paperAccuracy } from './evidence.js';
import type { GradientHealth } from './gradients.js';
import { judge, type VerdictText } from './verdict.js';
import { credits, type ImageFate, survivors, worstCase } from './worst-case.js';

/** What an audit concludes of one network, as `audit.json` holds it. Shares are in [0, 1], of all audited images. */
export interface Conclusion {
  readonly cleanAccuracy: number;
  readonly gradients: GradientHealth;
  readonly points: readonly {
    readonly epsilon: number;
    /** The share of images that no attack fooled. */
    readonly worstCase: number;
    /** The accuracy that the most successful of the paper's attacks, on its own, leaves. */
    readonly paper: number;
    /** The accuracy under each attack that all images met. */
    readonly byAttack: Readonly<Record<string, number>>;
    /** How many images each attack was the first to fool. */
    readonly brokenBy: Readonly<Record<string, number>>;
  }[];
  readonly checks: readonly Check[];
  readonly verdict: VerdictText;
  readonly because: string;
}

/** One line of `audit.csv`: what happened to one image at one epsilon. */
export interface ImageRow {
  readonly epsilon: number;
  readonly image: number;
  readonly label: number;
  readonly cleanPrediction: number;
  readonly fate: ImageFate;
}

/** All that follows from the evidence on one network. */
export function conclude(evidence: Evidence): { conclusion: Conclusion; rows: ImageRow[] } {
  const { labels, clean, epsilons, gradients } = evidence;
  const fates = worstCase(evidence);
  const { text, because } = judge(evidence, fates);
  const at = (epsilon: number) => fates.get(epsilon) ?? [];
  const points = epsilons.map((epsilon) => ({
    epsilon,
    worstCase: survivors(at(epsilon)),
    paper: paperAccuracy(evidence, epsilon),
    byAttack: Object.fromEntries(
      outcomesAt(evidence, epsilon)
        .filter(({ images }) => images === undefined)
        .map(({ attack, predictions }) => [attack.id, accuracyOf(labels, predictions)]),
    ),
    brokenBy: credits(at(epsilon)),
  }));
  const rows = epsilons.flatMap((epsilon) =>
    at(epsilon).map((fate, image) => ({
      epsilon,
      image,
      label: labels[image],
      cleanPrediction: clean[image],
      fate,
    })),
  );
  const cleanAccuracy = accuracyOf(labels, clean);
  return {
    conclusion: { cleanAccuracy, gradients, points, checks: runChecks(evidence), verdict: text, because },
    rows,
  };
}
