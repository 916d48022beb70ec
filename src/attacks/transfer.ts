import type { Attack, AttackMemory, AttackOptions, AttackTarget, Oracle } from './attack.js';
import { isZero } from './linf.js';

/** Classifies a batch of images: how many of the n are given their true label. */
export type CorrectCounter = (images: Float32Array, labels: Uint8Array, n: number) => number;

/** An attack at several radii. */
export interface AttackPlan {
  readonly attack: Attack;
  readonly options: Omit<AttackOptions, 'epsilon'>;
  readonly epsilons: readonly number[];
  /** What this attack asks in the place of the target's own gradient and oracle. */
  readonly oracle?: Oracle | undefined;
}

/** What became of one batch: `correct[plan][epsilon][target]`, and the images whose clean gradient is exactly zero. */
export interface TransferCounts {
  readonly correct: number[][][];
  readonly zeroGradient: number;
}

/**
 * Makes each attack's examples at each epsilon once, from the source's gradient, and shows the same examples to every
 * target (Akrout 2019, figures 1 and 2: the source itself gives panel a, the others panel b). Every image counts, also
 * one that was misclassified to begin with.
 *
 * @param adversarial scratch, `[n, …]`
 */
export function transferCounts(
  target: Omit<AttackTarget, 'cleanGradient'>,
  plans: readonly AttackPlan[],
  counters: readonly CorrectCounter[],
  memory: AttackMemory,
  adversarial: Float32Array,
): TransferCounts {
  const { images, labels, n, gradient } = target;
  const cleanGradient = gradient(images, labels, n).slice(0, n * memory.size);
  let zeroGradient = 0;
  for (let i = 0; i < n; i++) {
    if (isZero(cleanGradient, i * memory.size, (i + 1) * memory.size)) zeroGradient++;
  }
  const correct = plans.map(({ attack, options, epsilons, oracle }) =>
    epsilons.map((epsilon) => {
      const asked = oracle ? { ...target, oracle, gradient: oracle.gradient } : { ...target, cleanGradient };
      attack.run(asked, { ...options, epsilon }, memory, adversarial);
      return counters.map((count) => count(adversarial, labels, n));
    }),
  );
  return { correct, zeroGradient };
}
