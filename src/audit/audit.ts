import { bim } from '../attacks/bim.js';
import { FEW_NETWORKS } from '../metrics/adversarial-accuracy.js';
import { paperRules } from '../rules/index.js';
import { classIndices } from '../tensor/class-indices.js';
import type { LabelledImages } from '../tensor/images.js';
import { type ConcludedNetwork, conclude } from './conclude.js';
import { type Evidence, indicesOf, type Outcome, outcomesAt, rightUnder } from './evidence.js';
import { answerHealth, gradientHealth, type InspectedPiece } from './gradients.js';
import { logitHealth } from './logits.js';
import {
  type AuditAttack,
  type Audited,
  type AuditSettings,
  lastResort,
  longerPaperAttack,
  nearestWhiteBox,
  recipe,
  restartedPaperAttack,
  standardIds,
  strongerWhiteBox,
  targetedWhiteBox,
} from './recipe.js';
import type { Trial, TrialPiece } from './trials.js';

/** The two kinds of work that an audit asks for; whoever does it, all of it or in pieces, gives the pieces back. */
export interface AuditWork {
  /** {@link inspectGradients}, on the named network. */
  inspect(name: string, images: LabelledImages): Promise<InspectedPiece[]>;
  /**
   * {@link runTrials}, on the named network.
   *
   * @param remaining whether it is a round after the first, most of it on images that are still right
   */
  tryAttacks(name: string, images: LabelledImages, trials: readonly Trial[], remaining: boolean): Promise<TrialPiece[]>;
}

/**
 * Audits every network of a run. The findings are the same whoever did the work.
 *
 * @param settings its epsilons in ascending order
 * @param images those to be audited, and no others
 */
export async function auditNetworks(
  subjects: readonly Audited[],
  images: LabelledImages,
  settings: AuditSettings,
  work: AuditWork,
): Promise<Readonly<Record<string, ConcludedNetwork>>> {
  const concluded: Record<string, ConcludedNetwork> = {};
  for (const subject of subjects) {
    concluded[subject.name] = conclude(await gather(subject, sourcesFor(subject, subjects), images, settings, work));
  }
  return concluded;
}

/**
 * The networks whose examples a network is shown: all others, or of a run of many those of the paper's rules (of one
 * that has neither, the first two).
 */
function sourcesFor(subject: Audited, subjects: readonly Audited[]): Audited[] {
  const others = subjects.filter((other) => other !== subject);
  if (subjects.length <= FEW_NETWORKS) return others;
  const paper = others.filter(({ name }) => (paperRules as readonly string[]).includes(name));
  return paper.length > 0 ? paper : others.slice(0, paperRules.length);
}

/** An attack at one epsilon, on the images at these indices; undefined for all. */
interface Plan {
  readonly attack: AuditAttack;
  readonly epsilon: number;
  readonly images: Uint32Array | undefined;
}

/** Everything that is to be known of one network: first what all images meet, then what is left for the survivors. */
async function gather(
  subject: Audited,
  others: readonly Audited[],
  images: LabelledImages,
  settings: AuditSettings,
  work: AuditWork,
): Promise<Evidence> {
  const { epsilons } = settings;
  const run = async (plans: readonly Plan[], remaining: boolean): Promise<Outcome[]> => {
    const trials = trialsOf(plans, images.count);
    return outcomesOf(plans, trials, subject.classes, await work.tryAttacks(subject.name, images, trials, remaining));
  };
  const pieces = await work.inspect(subject.name, images);
  const clean = classIndices(images.count, subject.classes);
  for (const { first, predictions } of pieces) clean.set(predictions, first);

  const first = recipe(subject, others, settings);
  const firstPlans = epsilons.flatMap((epsilon) => first.map((attack) => ({ attack, epsilon, images: undefined })));
  let evidence: Evidence = {
    ...subject,
    labels: images.labels,
    clean,
    epsilons,
    outcomes: await run(firstPlans, false),
    gradients: gradientHealth(pieces),
    answers: answerHealth(pieces),
    logits: logitHealth(pieces.map(({ logits }) => logits)),
    ...(settings.standard && { standard: standardIds(subject) }),
  };
  for (const round of settings.standard ? [targeted, nearest, patient] : [targeted, patient]) {
    const plans = epsilons.flatMap((epsilon) => round(evidence, settings, epsilon));
    evidence = { ...evidence, outcomes: [...evidence.outcomes, ...(await run(plans, true))] };
  }
  return evidence;
}

/** What the first round leaves to be done at one epsilon: the paper's attacks with more effort, and targeted ones. */
function targeted(evidence: Evidence, settings: AuditSettings, epsilon: number): Plan[] {
  return [
    { attack: longerPaperAttack(evidence, bim.defaultIterations ?? 1), epsilon, images: undefined },
    {
      attack: restartedPaperAttack(evidence, settings),
      epsilon,
      images: leftBy(evidence, epsilon, { kinds: ['paper'] }),
    },
    { attack: targetedWhiteBox(evidence, settings), epsilon, images: leftFor(evidence, epsilon) },
  ];
}

/** FAB, the third of the standard attacks. */
const nearest = (evidence: Evidence, settings: AuditSettings, epsilon: number): Plan[] => [
  { attack: nearestWhiteBox(settings), epsilon, images: leftFor(evidence, epsilon) },
];

/** Patience and luck, for the images that nothing has fooled yet. */
function patient(evidence: Evidence, settings: AuditSettings, epsilon: number): Plan[] {
  const images = leftBy(evidence, epsilon);
  return [
    ...strongerWhiteBox(settings).map((attack) => ({ attack, epsilon, images })),
    { attack: lastResort(settings), epsilon, images: images.subarray(0, settings.spsaImages) },
  ];
}

/** The images that these attacks, or all, left right. */
const leftBy = (evidence: Evidence, epsilon: number, which: Parameters<typeof outcomesAt>[2] = {}): Uint32Array =>
  indicesOf(rightUnder(evidence, outcomesAt(evidence, epsilon, which)));

/**
 * The images that a targeted attack is for: those that nothing has fooled. Where AutoAttack is to be measured too, those
 * that its own attacks before this one have left; Square, its last, has met them all already.
 */
function leftFor(evidence: Evidence, epsilon: number): Uint32Array {
  const { standard } = evidence;
  if (!standard) return leftBy(evidence, epsilon);
  const before = outcomesAt(evidence, epsilon).filter(({ attack: { id } }) => standard.includes(id) && id !== 'square');
  return indicesOf(rightUnder(evidence, before));
}

function trialsOf(plans: readonly Plan[], images: number): Trial[] {
  const everyImage = Uint32Array.from({ length: images }, (_, i) => i);
  return plans.map(({ attack, epsilon, images: some }) => ({ attack, epsilon, images: some ?? everyImage }));
}

/** Puts the pieces together, in the order of the plans. */
function outcomesOf(
  plans: readonly Plan[],
  trials: readonly Trial[],
  classes: number,
  pieces: readonly TrialPiece[],
): Outcome[] {
  const outcomes = plans.map((plan, t) => ({
    ...plan,
    predictions: classIndices(trials[t].images.length, classes),
    queries: new Int32Array(trials[t].images.length),
    notFinite: 0,
  }));
  for (const { trial, first, predictions, queries, notFinite } of pieces) {
    outcomes[trial].predictions.set(predictions, first);
    outcomes[trial].queries.set(queries, first);
    outcomes[trial].notFinite += notFinite;
  }
  return outcomes;
}
