/*
 * Rules that transport only the signs of the weights (Liao, Leibo & Poggio 2016). The error passes through M ⊙ sign(W).
 * The rules differ in the magnitudes M, which are stored as the feedback weights. BioTorch multiplies the signs with
 * random numbers of both signs, and in `frsf` with the product of the last step. Here M is never negative, and
 * M ⊙ sign(W) has W's signs at every step.
 */
import type { FloatArray } from '../tensor/tensor.js';
import { redrawn } from './learning.js';
import type { ErrorPath, LearningRule } from './rule.js';

function errorBelow<A extends FloatArray>({ kernels, weight, feedback, scratch, send }: ErrorPath<A>): void {
  const carrier = scratch();
  kernels.copySigns(feedback, weight, carrier, weight.length);
  send(carrier);
}

/**
 * Uniform sign-concordant feedback (Liao et al. 2016; Xiao et al. 2019): δ_l = φ′ ⊙ s·sign(W)ᵀδ, where s is the root
 * mean square of the layer's initial weights.
 */
export const uniformSigns: LearningRule = {
  title: 'uniform sign-concordant feedback',
  label: 'uSF',
  usesFeedback: true,
  trainsLike: 'bp',
  beginFeedback: (magnitudes, scale) => void magnitudes.fill(scale),
  errorBelow,
};

/** Fixed random magnitudes, drawn once from the initializer's distribution, with W's current signs (Liao et al. 2016). */
export const fixedMagnitudes: LearningRule = {
  title: 'fixed random-magnitude sign-concordant feedback',
  label: 'frSF',
  usesFeedback: true,
  trainsLike: 'bp',
  errorBelow,
};

/**
 * Random magnitudes, redrawn for each mini-batch from the initializer's distribution, with W's current signs (Liao et
 * al. 2016). An attack along the feedback path uses those of the last mini-batch.
 */
export const batchMagnitudes: LearningRule = {
  title: 'batchwise random-magnitude sign-concordant feedback',
  label: 'brSF',
  usesFeedback: true,
  trainsLike: 'bp',
  errorBelow,
  learning: redrawn,
};
