/* What a session is told, and what it answers: all of it can be posted. */
import type { ActivationName, AttackName, GradientPath, InitializerName, LossName, RuleName } from '../../core.js';
import type { RuleTraining } from '../plans.js';

/** Everything that decides a network and its training. */
export interface Settings extends RuleTraining {
  readonly rule: RuleName;
  readonly seed: number;
  readonly activation: ActivationName;
  readonly initializer: InitializerName;
}

export interface Progress {
  /** Mini-batches done. */
  readonly step: number;
  /** Means over the mini-batches of this piece; NaN once training has diverged. */
  readonly loss: number;
  readonly accuracy: number;
  /** Images and seconds of this piece. */
  readonly images: number;
  readonly seconds: number;
}

export interface Measurement {
  /** Share of the measured test images, in [0, 1]. */
  readonly accuracy: number;
  /** Degrees between the rule's weight gradient and backpropagation's, by weighted layer. */
  readonly angles: Readonly<Record<string, number | undefined>>;
}

export interface AttackSettings {
  readonly attack: AttackName;
  readonly epsilon: number;
  readonly iterations: number;
  readonly path: GradientPath;
  readonly loss: LossName;
  readonly seed: number;
}

export interface Answer {
  readonly prediction: number;
  readonly probabilities: Float64Array;
}

/** What became of some test images under attack. */
export interface ChunkResult {
  /** Whether each is still given its label. */
  readonly right: readonly boolean[];
  readonly zeroGradient: readonly boolean[];
}
