/*
 * Rules that transport the weights' signs and nothing else of them (Liao, Leibo & Poggio 2016): the error goes down
 * through M ⊙ sign(W), and the rules differ in the magnitudes M, which lie where other rules have B. BioTorch multiplies
 * signs onto random numbers of either sign, and in `frsf` onto the product of the last step; here magnitudes are
 * magnitudes, so that what carries the error has W's signs at every step.
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
 * Uniform sign-concordant feedback (Liao et al. 2016; Xiao et al. 2019): δ_l = φ′ ⊙ s·sign(W)ᵀδ, s the root
 * mean square that the layer's weights began with.
 */
export const uniformSigns: LearningRule = {
  title: 'uniform sign-concordant feedback',
  label: 'uSF',
  usesFeedback: true,
  trainsLike: 'bp',
  beginFeedback: (magnitudes, scale) => void magnitudes.fill(scale),
  errorBelow,
};

/** Fixed random magnitudes, drawn once as weights are, with W's present signs (Liao et al. 2016). */
export const fixedMagnitudes: LearningRule = {
  title: 'fixed random-magnitude sign-concordant feedback',
  label: 'frSF',
  usesFeedback: true,
  trainsLike: 'bp',
  errorBelow,
};

/**
 * Random magnitudes drawn anew for each mini-batch from the initializer's distribution, with W's present signs (Liao
 * et al. 2016). Those of the last mini-batch stay: they are what an attack along the feedback path follows.
 */
export const batchMagnitudes: LearningRule = {
  title: 'batchwise random-magnitude sign-concordant feedback',
  label: 'brSF',
  usesFeedback: true,
  trainsLike: 'bp',
  errorBelow,
  learning: redrawn,
};
