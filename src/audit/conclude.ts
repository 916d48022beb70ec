import { wilson } from '../metrics/wilson.js';
import { runChecks } from './checks/index.js';
import { accuracyOf, type Evidence, outcomesAt, paperAccuracy, rightUnder, shareOf } from './evidence.js';
import type { AuditedModel } from './findings.js';
import { judge, ownPathSentence } from './verdict.js';
import { fewClasses, float32Warnings, warningsOf } from './warnings.js';
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
  const { labels, clean, epsilons, gradients, logits } = evidence;
  const fates = worstCase(evidence);
  const checks = runChecks(evidence);
  const { text, because } = judge(evidence, fates, checks);
  const at = (epsilon: number) => fates.get(epsilon) ?? [];
  const intervalOf = (share: number) => wilson(Math.round(share * labels.length), labels.length);
  const points = epsilons.map((epsilon) => {
    const [worstCase, paper] = [survivors(at(epsilon)), paperAccuracy(evidence, epsilon)];
    return {
      epsilon,
      worstCase,
      worstCaseInterval: intervalOf(worstCase),
      paper,
      paperInterval: intervalOf(paper),
      byAttack: Object.fromEntries(
        outcomesAt(evidence, epsilon)
          .filter(({ images }) => images === undefined)
          .map(({ attack, predictions }) => [attack.id, accuracyOf(labels, predictions)]),
      ),
      brokenBy: credits(at(epsilon)),
      ...standardPoint(evidence, epsilon, intervalOf),
    };
  });
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
  const flags = evidence.standard ? warningsOf(evidence) : fewClasses(evidence);
  const warnings = [...flags, ...float32Warnings(evidence)];
  return {
    conclusion: {
      cleanAccuracy,
      cleanInterval: intervalOf(cleanAccuracy),
      gradients,
      logits,
      points,
      checks,
      verdict: text,
      because: [because, ownPathSentence(evidence)].filter((said) => said !== undefined).join(' '),
      ...((evidence.standard || warnings.length > 0) && { warnings }),
    },
    rows,
  };
}

/** What AutoAttack's standard version leaves, where it was run. */
function standardPoint(
  evidence: Evidence,
  epsilon: number,
  intervalOf: (share: number) => ReturnType<typeof wilson>,
): { standard?: number; standardInterval?: ReturnType<typeof wilson> } {
  const { standard: ids } = evidence;
  if (!ids) return {};
  const own = outcomesAt(evidence, epsilon).filter(({ attack }) => ids.includes(attack.id));
  const standard = shareOf(rightUnder(evidence, own));
  return { standard, standardInterval: intervalOf(standard) };
}
