import { type ClassIndices, classIndices } from '../tensor/class-indices.js';
import type { Attack, AttackTarget, Oracle, TargetedGradient } from './attack.js';
import { oracleOf } from './attack.js';

/** Classes that a targeted attack goes for unless told otherwise, or all others if there are fewer. */
const TARGETS = 9;

/** An oracle that targeted attacks can ask. */
export type TargetedOracle = Oracle & {
  readonly logits: ArrayLike<number>;
  readonly toward: TargetedGradient;
  readonly classes: number;
};

/**
 * The target's oracle, if it can be asked for the way to one class.
 *
 * @throws {Error} if it can't
 */
export function targetedOracleOf(target: AttackTarget, attack: Pick<Attack, 'label'>): TargetedOracle {
  const oracle = oracleOf(target, attack);
  const { toward, logits, classes } = oracle;
  if (toward && logits && classes !== undefined) return oracle as TargetedOracle;
  throw new Error(`${attack.label} needs logits, and gradients towards a class: give an oracle of the margin, say`);
}

/** Where an attack is aimed. */
export interface Aims {
  /** Whether image i of the batch is given its own class without attack. */
  readonly right: readonly boolean[];
  /** For each round a class for each image of the batch: in the first the likeliest other than its own, and so on. */
  readonly rounds: readonly ClassIndices[];
}

/** How many classes a targeted attack goes for, one after the other. */
export const roundsOf = (classes: number, targets: number | undefined = TARGETS): number =>
  Math.min(targets, classes - 1);

/** Ranks the classes of the clean images, and shows these to the network for it. */
export function aimsOf({ images, labels, n }: AttackTarget, oracle: TargetedOracle, targets: number | undefined): Aims {
  const { classes, logits } = oracle;
  oracle.query(images, labels, n);
  const predictions = oracle.predictions(n);
  const right = Array.from({ length: n }, (_, i) => predictions[i] === labels[i]);
  const rounds = Array.from({ length: roundsOf(classes, targets) }, () => classIndices(n, classes));
  for (let i = 0; i < n; i++) {
    const others = Array.from({ length: classes }, (_, c) => c).filter((c) => c !== labels[i]);
    others.sort((a, b) => logits[i * classes + b] - logits[i * classes + a] || a - b);
    rounds.forEach((round, rank) => {
      round[i] = others[rank];
    });
  }
  return { right, rounds };
}
