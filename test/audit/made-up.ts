import type { AnswerHealth, Evidence, Outcome } from '../../src/audit/evidence.js';
import type { GradientHealth, LogitHealth } from '../../src/audit/findings.js';
import {
  type AuditAttack,
  type Audited,
  defaultAudit,
  lastResort,
  longerPaperAttack,
  nearestWhiteBox,
  recipe,
  restartedPaperAttack,
  standardIds,
  strongerWhiteBox,
  targetedWhiteBox,
} from '../../src/audit/recipe.js';

export const IMAGES = 100;
export const EPSILONS = [0.1, 0.3, 0.5, 1];

/** The share of the images that an attack leaves right at an epsilon. They are always the first ones. */
export type Accuracies = (attack: AuditAttack, epsilon: number) => number;

/** A sound evaluation of a network without robustness: accuracy falls to zero by ε = 0.3 whatever attacks, noise less. */
export const sound: Accuracies = (attack, epsilon) => {
  if (attack.kind === 'control') return epsilon >= 0.5 ? 0.1 : 0.97;
  if (attack.attack === 'fgsm') return epsilon > 0.1 ? 0.02 : 0.62;
  return epsilon > 0.1 ? 0 : 0.6;
};

/** Logits of a trained network: a saturated softmax, nothing that float32 can't hold. */
const confident: LogitHealth = {
  images: IMAGES,
  nearOne: IMAGES,
  one: 0,
  uniform: 0,
  spread: 27,
  offset: 0.5,
  largest: 40,
  tied: 0,
  withinRounding: 0,
  otherInFloat64: 0,
};

export interface MadeUp {
  readonly ownPath?: Audited['ownPath'];
  readonly others?: readonly Audited[];
  readonly clean?: number;
  readonly epsilons?: readonly number[];
  /** What differs from a sound evaluation: undefined where nothing does. */
  readonly but?: (attack: AuditAttack, epsilon: number) => number | undefined;
  /** How many images an attack could not move, because its gradient was NaN on the way. */
  readonly lost?: (attack: AuditAttack) => number;
  readonly gradients?: Partial<GradientHealth>;
  readonly answers?: Partial<AnswerHealth>;
  readonly logits?: Partial<LogitHealth>;
  readonly classes?: number;
  /** Whether AutoAttack's attacks were run too. */
  readonly standard?: boolean;
}

/** Evidence of an audit that was never made, with every attack of a real one. */
export function madeUp(options: MadeUp = {}): Evidence {
  const {
    ownPath = 'feedback',
    others = [{ name: 'bp', ownPath: 'true', classes: 10 }],
    clean = 0.98,
    epsilons = EPSILONS,
  } = options;
  const audited: Audited = { name: 'fa', ownPath, classes: options.classes ?? 10 };
  const labels = Uint8Array.from({ length: IMAGES }, (_, i) => i % 10);
  const answers = (accuracy: number) =>
    Uint8Array.from(labels, (label, i) => (i < Math.round(accuracy * IMAGES) ? label : (label + 1) % 10));
  const attacks = [
    ...recipe(audited, others, defaultAudit),
    longerPaperAttack(audited, 10),
    restartedPaperAttack(audited, defaultAudit),
    targetedWhiteBox(audited, defaultAudit),
    ...(options.standard ? [nearestWhiteBox(defaultAudit)] : []),
    ...strongerWhiteBox(defaultAudit),
    lastResort(defaultAudit),
  ];
  const outcomes = epsilons.flatMap((epsilon) =>
    attacks.map(
      (attack): Outcome => ({
        attack,
        epsilon,
        images: undefined,
        predictions: answers(options.but?.(attack, epsilon) ?? sound(attack, epsilon)),
        queries: new Int32Array(IMAGES).fill(7),
        notFinite: options.lost?.(attack) ?? 0,
      }),
    ),
  );
  const counts = (['cross-entropy', 'margin'] as const).flatMap((loss) =>
    (['feedback', 'true'] as const).map((path) => ({ loss, path, zero: 0, notFinite: 0 })),
  );
  return {
    ...audited,
    labels,
    clean: answers(clean),
    epsilons,
    outcomes,
    gradients: { images: IMAGES, counts, angle: undefined, ...options.gradients },
    answers: { likeProbabilities: 0, changing: 0, ...options.answers },
    logits: { ...confident, ...options.logits },
    ...(options.standard && { standard: standardIds(audited) }),
  };
}

/**
 * What issue 5 tells of a saturated FA network: BIM along the feedback path and on cross-entropy finds nothing, either
 * change alone finds little, both together everything.
 */
export const saturated: MadeUp['but'] = (attack, epsilon) => {
  if (attack.kind === 'paper' || attack.kind.endsWith('paper')) return 0.97;
  if (attack.kind === 'diagnosis' && attack.attack === 'bim') {
    if (attack.loss === 'cross-entropy') return 0.96;
    if (attack.path === 'feedback') return epsilon <= 0.3 ? 0.84 : 0.4;
  }
  return undefined;
};
