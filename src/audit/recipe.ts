import type { AttackOptions } from '../attacks/attack.js';
import { type AttackName, paperAttacks } from '../attacks/index.js';
import { type LossName, losses } from '../losses/index.js';
import type { Loss } from '../losses/loss.js';
import { targetedDlr } from '../losses/targeted-dlr.js';
import type { GradientPath } from '../rules/path.js';

/** How much an audit does. */
export interface AuditSettings {
  /** L∞ radii, above 0. Some at 0.5 and over: there, nothing can be robust. At 1 the attack is unbounded. */
  readonly epsilons: readonly number[];
  /** How many test images, from the first. */
  readonly images: number;
  /** APGD's steps. */
  readonly iterations: number;
  /** Random starts for images that one start did not fool. */
  readonly restarts: number;
  /** The most often that Square shows an image to the network. */
  readonly queries: number;
  /** How many of the images that nothing else fooled SPSA is tried on, at each epsilon: it needs thousands of queries. */
  readonly spsaImages: number;
  readonly spsaIterations: number;
  /** How many other classes targeted attacks go for, the likeliest first; all others, if there are fewer. */
  readonly targets: number;
  /** Whether the attacks of AutoAttack's standard version are among them, just as it runs them. */
  readonly standard: boolean;
}

export const defaultAudit: AuditSettings = {
  epsilons: [0.1, 0.2, 0.3, 0.5, 1],
  images: 1000,
  iterations: 100,
  restarts: 5,
  queries: 1000,
  spsaImages: 20,
  spsaIterations: 40,
  targets: 9,
  standard: false,
};

/** What AutoAttack's standard version does: RobustBench's measure. */
export const standardAudit = { iterations: 100, queries: 5000, targets: 9 } as const satisfies Partial<AuditSettings>;

/** Much less, in seconds: for a look at a network that was trained in seconds. */
export const quickAudit: AuditSettings = {
  epsilons: [0.1, 0.3, 0.5, 1],
  images: 100,
  iterations: 20,
  restarts: 2,
  queries: 200,
  spsaImages: 2,
  spsaIterations: 10,
  targets: 3,
  standard: false,
};

/**
 * What an attack is there for:
 * - `control`: what any classifier must expect; no attack may fall behind noise
 * - `paper`: the paper's attacks, along the learning rule's own path, on cross-entropy
 * - `diagnosis`: BIM and FGSM with one thing changed at a time, to tell what hides a weakness
 * - `transfer`: examples made on another network
 * - `white-box`: the strongest that the true gradient gives
 * - `targeted white-box`: the same towards one class after another, on images that the others left
 * - `query`: attacks that need no gradient
 * - `longer …`, `restarted …`: the paper's and the strongest with more steps or starts, to see whether that changes
 *   anything
 */
export type Kind =
  | 'control'
  | 'paper'
  | 'diagnosis'
  | 'transfer'
  | 'white-box'
  | 'targeted white-box'
  | 'query'
  | 'longer paper'
  | 'restarted paper'
  | 'longer white-box'
  | 'restarted white-box';

/** One attack of an audit, at no particular epsilon. */
export interface AuditAttack {
  /** Its name in `audit.json`, such as `bim/feedback/cross-entropy`. */
  readonly id: string;
  readonly kind: Kind;
  readonly attack: AttackName;
  /** Of no meaning to an attack that asks for no gradient. */
  readonly path: GradientPath;
  readonly loss: LossName;
  readonly options: Omit<AttackOptions, 'epsilon'>;
  /** The network that the examples are made on, where it is not the audited one. */
  readonly source?: string;
}

/** A network as a recipe sees it. */
export interface Audited {
  readonly name: string;
  /** The path that its learning rule takes, and the paper's attacker with it: `true` for backpropagation alone. */
  readonly ownPath: GradientPath;
  readonly classes: number;
}

/** What an attack that follows a gradient is called. */
export const attackId = (attack: AttackName, path: GradientPath, loss: LossName): string => `${attack}/${path}/${loss}`;

/** What APGD climbs, where there are classes enough. */
export const whiteBoxLosses = ['cross-entropy', 'dlr', 'margin'] as const;

const leastClasses = ({ leastClasses: least = 2 }: Loss): number => least;

/** The attacks that every image meets, cheapest first: the first to succeed is the one that is named. */
export function recipe(audited: Audited, others: readonly Audited[], settings: AuditSettings): AuditAttack[] {
  const own = audited.ownPath;
  const along = (kind: Kind, attack: AttackName, path: GradientPath, loss: LossName, options = {}): AuditAttack => ({
    id: attackId(attack, path, loss),
    kind,
    attack,
    path,
    loss,
    options,
  });
  const without = (kind: Kind, attack: AttackName, options = {}): AuditAttack => ({
    ...along(kind, attack, 'true', 'margin', options),
    id: attack,
  });
  const from = (source: Audited, path: GradientPath, loss: LossName): AuditAttack => ({
    ...along('transfer', 'bim', path, loss),
    id: `transfer/${source.name}/${attackId('bim', path, loss)}`,
    source: source.name,
  });
  const { iterations, queries } = settings;
  return [
    without('control', 'grey'),
    without('control', 'uniform-noise'),
    without('control', 'sign-noise'),
    ...paperAttacks.map((attack) => along('paper', attack, own, 'cross-entropy')),
    along('diagnosis', 'fgsm', 'true', 'margin'),
    along('diagnosis', 'bim', 'true', 'margin'),
    ...(own === 'feedback'
      ? [along('diagnosis', 'bim', 'true', 'cross-entropy'), along('diagnosis', 'bim', 'feedback', 'margin')]
      : []),
    ...others.flatMap((other) => [from(other, other.ownPath, 'cross-entropy'), from(other, 'true', 'margin')]),
    ...whiteBoxLosses
      .filter((loss) => audited.classes >= leastClasses(losses[loss]))
      .map((loss) => along('white-box', 'apgd', 'true', loss, { iterations })),
    without('query', 'square', { queries }),
  ];
}

/** The paper's BIM with twice its steps: for every image. */
export const longerPaperAttack = (audited: Audited, iterations: number): AuditAttack => ({
  id: `${attackId('bim', audited.ownPath, 'cross-entropy')}, ${2 * iterations} steps`,
  kind: 'longer paper',
  attack: 'bim',
  path: audited.ownPath,
  loss: 'cross-entropy',
  options: { iterations: 2 * iterations },
});

/** Random starts along the paper's own path and loss: for the images that its attacks left. */
export const restartedPaperAttack = (audited: Audited, { restarts }: AuditSettings): AuditAttack => ({
  id: `${attackId('pgd', audited.ownPath, 'cross-entropy')}, ${restarts} starts`,
  kind: 'restarted paper',
  attack: 'pgd',
  path: audited.ownPath,
  loss: 'cross-entropy',
  options: { restarts },
});

/** APGD on the losses that no softmax saturates. */
export const apgdIds = ({ classes }: Pick<Audited, 'classes'>): string[] =>
  (['dlr', 'margin'] as const)
    .filter((loss) => classes >= leastClasses(losses[loss]))
    .map((loss) => attackId('apgd', 'true', loss));

/** What targeted attacks climb: AutoAttack's loss, or the margin where there are too few classes for it. */
export const targetedLoss = ({ classes }: Pick<Audited, 'classes'>): 'dlr' | 'margin' =>
  classes >= targetedDlr.leastClasses ? 'dlr' : 'margin';

/** APGD towards one class after another. */
export function targetedWhiteBox(audited: Audited, { iterations, targets }: AuditSettings): AuditAttack {
  const base = { attack: 'apgd-t', path: 'true', loss: targetedLoss(audited) } as const;
  const id = attackId(base.attack, base.path, base.loss);
  return { ...base, id, kind: 'targeted white-box', options: { iterations, targets } };
}

/** The nearest adversarial example, towards one class after another. */
export const nearestWhiteBox = ({ iterations, targets }: AuditSettings): AuditAttack => ({
  id: 'fab',
  kind: 'targeted white-box',
  attack: 'fab',
  path: 'true',
  loss: 'margin',
  options: { iterations, targets },
});

/** What AutoAttack's standard version is made of, by the names of the attacks here. */
export const standardIds = (audited: Audited): readonly string[] => [
  attackId('apgd', 'true', 'cross-entropy'),
  attackId('apgd-t', 'true', targetedLoss(audited)),
  'fab',
  'square',
];

/** The strongest attack with more steps, and with more starts: for the images that nothing has fooled yet. */
export function strongerWhiteBox({ iterations, restarts }: AuditSettings): AuditAttack[] {
  const base = { attack: 'apgd', path: 'true', loss: 'margin' } as const;
  const id = attackId(base.attack, base.path, base.loss);
  const longer = 2 * iterations;
  return [
    { ...base, id: `${id}, ${longer} steps`, kind: 'longer white-box', options: { iterations: longer } },
    { ...base, id: `${id}, ${restarts} starts`, kind: 'restarted white-box', options: { iterations, restarts } },
  ];
}

/** SPSA: for a few of the images that nothing has fooled yet. */
export const lastResort = ({ spsaIterations }: AuditSettings): AuditAttack => ({
  id: 'spsa',
  kind: 'query',
  attack: 'spsa',
  path: 'true',
  loss: 'margin',
  options: { iterations: spsaIterations },
});
