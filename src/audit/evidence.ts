import { paperAttacks } from '../attacks/index.js';
import type { ClassIndices } from '../tensor/class-indices.js';
import type { GradientHealth, LogitHealth } from './findings.js';
import type { AuditAttack, Audited, Kind } from './recipe.js';

/** What one attack at one epsilon did. */
export interface Outcome {
  readonly attack: Pick<AuditAttack, 'id' | 'kind' | 'attack'>;
  readonly epsilon: number;
  /** Indices of the images that were attacked, in ascending order; undefined for all of them. */
  readonly images: Uint32Array | undefined;
  /** The network's answer to each one's example. */
  readonly predictions: ClassIndices;
  /** How often the attack showed each to the network. */
  readonly queries: Int32Array;
  /** How many of the images the attack could not move, because its gradient was NaN on the way. */
  readonly notFinite: number;
}

/** All that an audit has seen of one network. Judged by `checks.ts` and `verdict.ts`. */
export interface Evidence extends Audited {
  readonly labels: ClassIndices;
  /** The predictions without attack. */
  readonly clean: ClassIndices;
  /** In ascending order. */
  readonly epsilons: readonly number[];
  /** In the order in which success is credited: cheap attacks first. */
  readonly outcomes: readonly Outcome[];
  readonly gradients: GradientHealth;
  readonly answers: AnswerHealth;
  readonly logits: LogitHealth;
  /** The names of the attacks that AutoAttack's standard version is made of, where they were all run. */
  readonly standard?: readonly string[];
}

/** How a network answers the clean images. */
export interface AnswerHealth {
  /** How many of them it answers with numbers in [0, 1] that sum to 1, as if they were probabilities. */
  readonly likeProbabilities: number;
  /** How many it answers otherwise when it is asked again. */
  readonly changing: number;
}

/** The outcomes at one epsilon, of some kinds of attack or of one by its name. */
export function outcomesAt(
  { outcomes }: Evidence,
  epsilon: number,
  which: { readonly kinds?: readonly Kind[]; readonly id?: string } = {},
): Outcome[] {
  return outcomes.filter(
    (outcome) =>
      outcome.epsilon === epsilon &&
      (which.kinds?.includes(outcome.attack.kind) ?? true) &&
      (which.id === undefined || which.id === outcome.attack.id),
  );
}

/** The images that an outcome is about, each with its place in the outcome's arrays. */
export function* attackedImages({ images, predictions }: Outcome): Generator<[image: number, place: number]> {
  for (let place = 0; place < predictions.length; place++) yield [images?.[place] ?? place, place];
}

/** For each image, whether the network is right without attack and under each of these outcomes. */
export function rightUnder({ labels, clean }: Evidence, outcomes: readonly Outcome[]): boolean[] {
  const right = Array.from(labels, (label, i) => clean[i] === label);
  for (const outcome of outcomes) {
    for (const [image, place] of attackedImages(outcome)) {
      if (outcome.predictions[place] !== labels[image]) right[image] = false;
    }
  }
  return right;
}

/** The indices of the true entries. */
export const indicesOf = (flags: readonly boolean[]): Uint32Array =>
  Uint32Array.from(flags.flatMap((flag, i) => (flag ? [i] : [])));

/** The share of true entries, in [0, 1]. */
export const shareOf = (flags: readonly boolean[]): number => flags.filter(Boolean).length / flags.length;

/**
 * The share of all images that the network classifies correctly under an attack, as the paper counts it: an image that
 * is wrong without attack and right under it counts as right. Undefined if the attack was not run on all images.
 */
export function accuracyUnder(evidence: Evidence, id: string, epsilon: number): number | undefined {
  const [outcome] = outcomesAt(evidence, epsilon, { id });
  if (!outcome || outcome.images) return undefined;
  return accuracyOf(evidence.labels, outcome.predictions);
}

export function accuracyOf(labels: ClassIndices, predictions: ClassIndices): number {
  let correct = 0;
  for (let i = 0; i < labels.length; i++) if (predictions[i] === labels[i]) correct++;
  return correct / labels.length;
}

/** The paper's reading: the lowest accuracy that one of its attacks, each on its own, comes to. */
export function paperAccuracy(evidence: Evidence, epsilon: number): number {
  const accuracies = outcomesAt(evidence, epsilon, { kinds: ['paper'] }).map(({ attack }) =>
    accuracyUnder(evidence, attack.id, epsilon),
  );
  const known = accuracies.filter((accuracy) => accuracy !== undefined);
  if (known.length !== paperAttacks.length) throw new Error(`the paper's attacks were not all run at ${epsilon}`);
  return Math.min(...known);
}
