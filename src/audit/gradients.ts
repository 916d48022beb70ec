import ops from 'ndarray-ops';
import { isZero } from '../attacks/linf.js';
import type { Crew } from '../crew/crew.js';
import { losses } from '../losses/index.js';
import type { Loss } from '../losses/loss.js';
import { CHUNK_SIZE, claimedChunks } from '../metrics/chunks.js';
import type { Network } from '../models/network.js';
import { networkOracle } from '../models/oracle.js';
import { type GradientPath, gradientPaths } from '../rules/path.js';
import { angleBetween } from '../tensor/angle.js';
import type { ClassIndices } from '../tensor/class-indices.js';
import type { LabelledImages } from '../tensor/images.js';
import { sizeOf, tensor } from '../tensor/tensor.js';
import type { AnswerHealth } from './evidence.js';
import type { AngleSummary, GradientCount, GradientHealth } from './findings.js';
import { countOtherInFloat64, type LogitPiece, lookAtLogits } from './logits.js';

/** The losses whose gradients are looked at: the paper's, and one that a saturated softmax can't hide. */
const inspected = ['cross-entropy', 'margin'] as const;

/** What was seen at the clean images `first`, `first + 1`, …. */
export interface InspectedPiece {
  readonly first: number;
  readonly predictions: ClassIndices;
  readonly answers: AnswerHealth;
  readonly logits: LogitPiece;
  readonly counts: readonly GradientCount[];
  /** For each image, degrees between the margin's gradient along the feedback path and the true one; NaN if one is zero. */
  readonly angles: Float64Array;
}

/** Looks at the network's predictions and gradients at the clean images, a claimed chunk at a time. */
export function inspectGradients(network: Network<Float32Array>, images: LabelledImages, crew: Crew): InspectedPiece[] {
  const size = images.pixels.length / images.count;
  const batch = new Float32Array(CHUNK_SIZE * size);
  const done: InspectedPiece[] = [];
  for (const { first, n, labels } of claimedChunks(images, crew, batch)) {
    const logits = logitsOf(network, batch, n);
    const answered = logits.map((own) => own.every(Number.isFinite));
    const answers = {
      likeProbabilities: logits.filter(areProbabilities).length,
      changing: logitsOf(network, batch, n).filter((again, i) => again.some((z, c) => !Object.is(z, logits[i][c])))
        .length,
    };
    const seen = logits.map((own, i) => lookAtLogits(own, labels[i]));
    let predictions: ClassIndices = new Uint8Array(0);
    const counts: GradientCount[] = [];
    const margins = new Map<GradientPath, Float32Array>();
    for (const loss of inspected) {
      for (const path of gradientPaths) {
        const oracle = networkOracle(network, { path, loss: losses[loss] }, CHUNK_SIZE);
        const gradient = oracle.gradient(batch, labels, n).slice(0, n * size);
        predictions = oracle.predictions(n).slice(0, n);
        const { zero, notFinite } = unusable(gradient, size, answered);
        const lost = zero.filter((i) => loss === 'margin' || !seen[i].one);
        const underflow =
          lost.length > 0 ? countUnderflow(network, { path, loss: losses[loss] }, batch, labels, lost) : 0;
        counts.push({ loss, path, zero: zero.length, notFinite, underflow });
        if (loss === 'margin') margins.set(path, gradient);
      }
    }
    const image = (path: GradientPath, i: number) => margins.get(path)!.subarray(i * size, (i + 1) * size);
    const angles = Float64Array.from(
      { length: n },
      (_, i) => angleBetween(image('feedback', i), image('true', i)) ?? Number.NaN,
    );
    const finite = seen.filter((_, i) => answered[i]);
    const otherInFloat64 = countOtherInFloat64(network, batch, n);
    done.push({ first, predictions, answers, logits: { images: finite, otherInFloat64 }, counts, angles });
  }
  return done;
}

/** The logits of each of the n images. */
function logitsOf(network: Network<Float32Array>, batch: Float32Array, n: number): Float32Array[] {
  const { inputShape, classes } = network;
  const shown = batch.subarray(0, n * sizeOf(inputShape));
  const { data } = network.logits(tensor(shown, [n, ...inputShape]));
  return Array.from({ length: n }, (_, i) => data.subarray(i * classes, (i + 1) * classes));
}

/** What float32 makes of a sum of probabilities. */
const ROUNDING = 1e-5;

const areProbabilities = (logits: Float32Array): boolean =>
  logits.every((z) => z > -ROUNDING && z < 1 + ROUNDING) &&
  Math.abs(logits.reduce((sum, z) => sum + z, 0) - 1) < ROUNDING;

/** Adds the pieces up. */
export const answerHealth = (pieces: readonly InspectedPiece[]): AnswerHealth => ({
  likeProbabilities: pieces.reduce((sum, { answers }) => sum + answers.likeProbabilities, 0),
  changing: pieces.reduce((sum, { answers }) => sum + answers.changing, 0),
});

/**
 * Where logits are NaN or infinite there is no gradient, whatever comes down to the pixels: a ReLU or a pooling turns
 * NaN into zero.
 */
function unusable(
  gradient: Float32Array,
  size: number,
  answered: readonly boolean[],
): { zero: number[]; notFinite: number } {
  const zero: number[] = [];
  let notFinite = 0;
  answered.forEach((finite, i) => {
    const own = gradient.subarray(i * size, (i + 1) * size);
    if (!finite || !own.every(Number.isFinite)) notFinite++;
    else if (isZero(own, 0, size)) zero.push(i);
  });
  return { zero, notFinite };
}

/** So large that no gradient of a loss is lost for want of size that float32 can hold in the network's weights. */
const MAGNIFIED = 2 ** 100;

/** Of the images at `lost`, whose gradient is zero: how many have one when the loss is multiplied by a large number. */
function countUnderflow(
  network: Network<Float32Array>,
  { path, loss }: { readonly path: GradientPath; readonly loss: Loss },
  batch: Float32Array,
  labels: ClassIndices,
  lost: readonly number[],
): number {
  const magnified: Loss = {
    title: loss.title,
    evaluate(logits, own, n, classes, values, dlogits) {
      loss.evaluate(logits, own, n, classes, values, dlogits);
      for (let at = 0; at < n * classes; at++) dlogits[at] *= MAGNIFIED;
    },
  };
  const size = sizeOf(network.inputShape);
  const gradient = networkOracle(network, { path, loss: magnified }, CHUNK_SIZE).gradient(batch, labels, labels.length);
  return lost.filter((i) => {
    const own = gradient.subarray(i * size, (i + 1) * size);
    return own.every(Number.isFinite) && !isZero(own, 0, size);
  }).length;
}

/** Adds the pieces up. */
export function gradientHealth(pieces: readonly InspectedPiece[]): GradientHealth {
  const counts = pieces[0].counts.map(({ loss, path }, k) => ({
    loss,
    path,
    zero: pieces.reduce((sum, piece) => sum + piece.counts[k].zero, 0),
    notFinite: pieces.reduce((sum, piece) => sum + piece.counts[k].notFinite, 0),
    underflow: pieces.reduce((sum, piece) => sum + (piece.counts[k].underflow ?? 0), 0),
  }));
  const images = pieces.reduce((sum, piece) => sum + piece.predictions.length, 0);
  const inOrder = [...pieces].sort((a, b) => a.first - b.first); // sums must not depend on who did what
  return { images, counts, angle: summarize(inOrder.flatMap(({ angles }) => [...angles])) };
}

/** @returns undefined where no angle is a number */
export function summarize(all: readonly number[]): AngleSummary | undefined {
  const angles = all.filter((angle) => !Number.isNaN(angle));
  if (angles.length === 0) return undefined;
  const deviations = tensor(Float64Array.from(angles), [angles.length]);
  const mean = ops.sum(deviations) / angles.length;
  ops.subseq(deviations, mean);
  const variance = ops.norm2squared(deviations) / angles.length;
  const sorted = [...angles].sort((a, b) => a - b);
  const percentile = (share: number) => sorted[Math.round(share * (sorted.length - 1))];
  return {
    images: angles.length,
    mean,
    deviation: Math.sqrt(variance),
    percentile5: percentile(0.05),
    median: percentile(0.5),
    percentile95: percentile(0.95),
  };
}
