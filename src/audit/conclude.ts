import { runChecks } from './checks/index.js';
import { accuracyOf, type Evidence, outcomesAt, paperAccuracy } from './evidence.js';
import type { AuditedModel } from './findings.js';
import { judge } from './verdict.js';
import { credits, type ImageFate, survivors, worstCase } from './worst-case.js';

/** One line of `audit.csv`: what happened to one image at one epsilon. */
export interface ImageRow {
  readonly epsilon: number;
  /** Its index among the test images. */
  readonly image: number;
  readonly label: number;
  readonly cleanPrediction: number;
  readonly fate: ImageFate;
}

/** What an audit concludes of one network, and what became of each image. */
export interface ConcludedNetwork {
  readonly conclusion: AuditedModel;
  readonly rows: readonly ImageRow[];
}

/** All that follows from the evidence on one network. */
export function conclude(evidence: Evidence): ConcludedNetwork {
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
