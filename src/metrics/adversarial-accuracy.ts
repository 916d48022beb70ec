import {
  type Attack,
  type AttackMemory,
  type AttackOptions,
  type AttackTarget,
  attackMemory,
  type Oracle,
} from '../attacks/attack.js';
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
import { zeroGradients } from './zero-gradients.js';

/** Counts the images, of a batch of n, that a network classifies correctly. */
export type CorrectCounter = (images: Float32Array, labels: ClassIndices, n: number) => number;

/** An attack at several perturbation sizes ε. */
export interface AttackPlan {
  readonly attack: Attack;
  readonly options: Omit<AttackOptions, 'epsilon'>;
  readonly epsilons: readonly number[];
  /** The source of this attack's gradients and losses, if it isn't the target's own. */
  readonly oracle?: Oracle | undefined;
}

/** The counts of one batch. */
export interface TransferCounts {
  /** `correct[plan][epsilon][target]` */
  readonly correct: number[][][];
  /**
   * By plan, the images whose gradient of the loss that the attack maximises is exactly zero at the clean image; null if
   * the attack maximises no loss.
   */
  readonly zeroGradient: (number | null)[];
}

/** A run with more networks tests the transfer of examples at a few ε only. */
export const FEW_NETWORKS = 3;

/**
 * Makes each attack's examples at each ε once, from the source's gradient, and lets every target classify the same
 * examples. (Akrout 2019: figure 1 with the source itself, figure 2 with the others.) All images count, also those that
 * are misclassified without an attack.
 *
 * @param adversarial scratch, `[n, …]`
 * @param isShown returns true if a target classifies the examples of an ε; otherwise its count is 0
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
  const { size } = memory;
  const cleanGradient = gradient(images, labels, n).slice(0, n * size);
  const ownZeros = zeroGradients(cleanGradient, target.oracle?.losses, n, size);
  const zeroGradient = plans.map(({ attack, oracle }) => {
    if (attack.needs === 'nothing') return null;
    const zeros = oracle ? zeroGradients(oracle.gradient(images, labels, n), oracle.losses, n, size) : ownZeros;
    return zeros.filter(Boolean).length;
  });
  const correct = plans.map(({ attack, options, epsilons, oracle }) =>
    epsilons.map((epsilon) => {
      const asked = oracle ? { ...target, oracle, gradient: oracle.gradient } : { ...target, cleanGradient };
      makeExamples(attack, asked, { ...options, epsilon }, memory, adversarial);
      return counters.map((count, t) => (isShown(t, epsilon) ? count(adversarial, labels, n) : 0));
    }),
  );
  return { correct, zeroGradient };
}

/** The memory for attacks on a chunk of images, allocated once per thread. */
export interface AttackTable {
  readonly memory: AttackMemory;
  readonly images: Float32Array;
  readonly adversarial: Float32Array;
}

/** Allocates the memory for attacks. @param size the number of pixels and channels per image */
export const attackTable = (kernels: Kernels<Float32Array>, size: number): AttackTable => ({
  memory: attackMemory(kernels, CHUNK_SIZE, size),
  images: kernels.alloc(CHUNK_SIZE * size),
  adversarial: kernels.alloc(CHUNK_SIZE * size),
});

/** The examples to make, and the networks that classify them. */
export interface AdversarialSetting {
  /** The network that examples are made on, the gradient path, and the loss that they increase. */
  readonly source: Network<Float32Array>;
  readonly path: GradientPath;
  readonly loss: Loss;
  /** The networks that classify the same examples. */
  readonly targets: readonly Network<Float32Array>[];
  /** The ε at which targets other than the source classify the examples; default: all. */
  readonly transferEpsilons?: readonly number[] | undefined;
  readonly images: LabelledImages;
  readonly plans: readonly Omit<AttackPlan, 'oracle'>[];
  /** Seed of the attacks' random numbers, which depend on the image's index among `images`. */
  readonly seed: number;
}

/**
 * The counts behind figures (a) and (b), over the chunks of images that this member of the crew claims; the members'
 * counts add up. Attacks that maximise another loss than the setting's ({@link lossFor}) ask an oracle of that loss.
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
    const others = own !== null && own !== loss;
    return { ...plan, oracle: others ? networkOracle(source, { path, loss: own }, CHUNK_SIZE) : undefined };
  });
  let counts: TransferCounts = {
    correct: plans.map(({ epsilons }) => epsilons.map(() => targets.map(() => 0))),
    zeroGradient: plans.map(({ attack }) => (attack.needs === 'nothing' ? null : 0)),
  };
  const isShown = (t: number, epsilon: number) =>
    targets[t] === source || (transferEpsilons?.includes(epsilon) ?? true);
  for (const { first, n, labels } of claimedChunks(images, crew, table.images)) {
    const random = (i: number) =>
      stream(seed)
        .split('attack')
        .split(first + i);
    const target = { images: table.images, labels, n, shape, gradient: oracle.gradient, oracle, random };
    counts = addCounts(counts, transferCounts(target, asked, counters, table.memory, table.adversarial, isShown));
  }
  return counts;
}

/** Adds the members' counts. */
export const sumCounts = (members: readonly TransferCounts[]): TransferCounts => members.reduce(addCounts);

/** The sums of two parts' counts. */
const addCounts = (a: TransferCounts, b: TransferCounts): TransferCounts => ({
  correct: a.correct.map((plan, p) => plan.map((point, e) => point.map((count, t) => count + b.correct[p][e][t]))),
  zeroGradient: a.zeroGradient.map((zeros, p) => (zeros === null ? null : zeros + (b.zeroGradient[p] ?? 0))),
});
