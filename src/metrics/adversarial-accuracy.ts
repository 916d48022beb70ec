import {
  type Attack,
  type AttackMemory,
  type AttackOptions,
  type AttackTarget,
  attackMemory,
  type Oracle,
} from '../attacks/attack.js';
import { isZero } from '../attacks/linf.js';
import { makeExamples } from '../attacks/make-examples.js';
import type { Crew } from '../crew/crew.js';
import type { Loss } from '../losses/loss.js';
import type { Network } from '../models/network.js';
import { networkOracle } from '../models/oracle.js';
import type { GradientPath } from '../rules/path.js';
import type { ClassIndices } from '../tensor/class-indices.js';
import type { LabelledImages } from '../tensor/images.js';
import type { Kernels } from '../tensor/kernels.js';
import { stream } from '../tensor/random.js';
import { correctAmong } from './accuracy.js';
import { lossFor } from './attack-loss.js';
import { CHUNK_SIZE, claimedChunks } from './chunks.js';

/** Classifies a batch of images: how many of the n are given their true label. */
export type CorrectCounter = (images: Float32Array, labels: ClassIndices, n: number) => number;

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

/** A run of more networks shows their examples to each other at a few epsilons only. */
export const FEW_NETWORKS = 3;

/**
 * Makes each attack's examples at each epsilon once, from the source's gradient, and shows the same examples to every
 * target (Akrout 2019, figures 1 and 2: the source itself gives panel a, the others panel b). Every image counts, also
 * one that was misclassified to begin with.
 *
 * @param adversarial scratch, `[n, …]`
 * @param isShown whether a target sees the examples of an epsilon; its count is 0 where it doesn't
 */
export function transferCounts(
  target: Omit<AttackTarget, 'cleanGradient'>,
  plans: readonly AttackPlan[],
  counters: readonly CorrectCounter[],
  memory: AttackMemory,
  adversarial: Float32Array,
  isShown: (target: number, epsilon: number) => boolean = () => true,
): TransferCounts {
  const { images, labels, n, gradient } = target;
  const cleanGradient = gradient(images, labels, n).slice(0, n * memory.size);
  // A loss that is no number has no gradient, though a ReLU may have turned the NaN that came down into zero.
  const hasLoss = (i: number) => target.oracle === undefined || Number.isFinite(target.oracle.losses[i]);
  let zeroGradient = 0;
  for (let i = 0; i < n; i++) {
    if (hasLoss(i) && isZero(cleanGradient, i * memory.size, (i + 1) * memory.size)) zeroGradient++;
  }
  const correct = plans.map(({ attack, options, epsilons, oracle }) =>
    epsilons.map((epsilon) => {
      const asked = oracle ? { ...target, oracle, gradient: oracle.gradient } : { ...target, cleanGradient };
      makeExamples(attack, asked, { ...options, epsilon }, memory, adversarial);
      return counters.map((count, t) => (isShown(t, epsilon) ? count(adversarial, labels, n) : 0));
    }),
  );
  return { correct, zeroGradient };
}

/** Memory for attacking a chunk of images: made once a thread. */
export interface AttackTable {
  readonly memory: AttackMemory;
  readonly images: Float32Array;
  readonly adversarial: Float32Array;
}

/** @param size numbers per image */
export const attackTable = (kernels: Kernels<Float32Array>, size: number): AttackTable => ({
  memory: attackMemory(kernels, CHUNK_SIZE, size),
  images: kernels.alloc(CHUNK_SIZE * size),
  adversarial: kernels.alloc(CHUNK_SIZE * size),
});

/** Which examples are made, and who is shown them. */
export interface AdversarialSetting {
  /** The network that examples are made on, along `path`, and what they make grow. */
  readonly source: Network<Float32Array>;
  readonly path: GradientPath;
  readonly loss: Loss;
  /** All of them see the same examples. */
  readonly targets: readonly Network<Float32Array>[];
  /** Where targets other than the source see them: everywhere unless said. */
  readonly transferEpsilons?: readonly number[] | undefined;
  readonly images: LabelledImages;
  readonly plans: readonly Omit<AttackPlan, 'oracle'>[];
  /** Decides what is random in an attack, for each image by its index among `images`. */
  readonly seed: number;
}

/**
 * The counts behind figures (a) and (b), over the chunks of images that this member of the crew claims; the members'
 * counts add up. Attacks that the setting's loss is none for climb another, as {@link lossFor} says.
 */
export function countAdversarial(setting: AdversarialSetting, table: AttackTable, crew: Crew): TransferCounts {
  const { source, path, loss, targets, transferEpsilons, images, plans, seed } = setting;
  const shape = source.inputShape;
  const oracle = networkOracle(source, { path, loss }, CHUNK_SIZE);
  const counters = targets.map(
    (network): CorrectCounter =>
      (images, labels, n) =>
        correctAmong(network, images, labels, n),
  );
  const asked = plans.map((plan) => {
    const own = lossFor(plan.attack, loss, source.classes);
    return { ...plan, oracle: own === loss ? undefined : networkOracle(source, { path, loss: own }, CHUNK_SIZE) };
  });
  const correct = plans.map(({ epsilons }) => epsilons.map(() => targets.map(() => 0)));
  const isShown = (t: number, epsilon: number) =>
    targets[t] === source || (transferEpsilons?.includes(epsilon) ?? true);
  let zeroGradient = 0;
  for (const { first, n, labels } of claimedChunks(images, crew, table.images)) {
    const random = (i: number) =>
      stream(seed)
        .split('attack')
        .split(first + i);
    const target = { images: table.images, labels, n, shape, gradient: oracle.gradient, oracle, random };
    const counts = transferCounts(target, asked, counters, table.memory, table.adversarial, isShown);
    zeroGradient += counts.zeroGradient;
    addCounts(correct, counts.correct);
  }
  return { correct, zeroGradient };
}

/** All members' counts together. */
export function sumCounts(members: readonly TransferCounts[]): TransferCounts {
  const [first, ...others] = members;
  const correct = structuredClone(first.correct);
  for (const other of others) addCounts(correct, other.correct);
  return { correct, zeroGradient: members.reduce((sum, { zeroGradient }) => sum + zeroGradient, 0) };
}

/** sum[plan][epsilon][target] += counts[plan][epsilon][target]. */
function addCounts(sum: number[][][], counts: readonly (readonly (readonly number[])[])[]): void {
  counts.forEach((plan, p) => {
    plan.forEach((point, e) => {
      point.forEach((count, t) => {
        sum[p][e][t] += count;
      });
    });
  });
}
