import { alongsideWeights } from './learning.js';
import type { LearningRule } from './rule.js';

/** The factor by which B's initial values are reduced: a small B decays sooner. */
const BEGINNING = 0.3;

/**
 * Kolen–Pollack (Kolen & Pollack 1994; Akrout et al. 2019, eq. 16 and 17): δ_l = φ′ ⊙ Bδ, where B takes the same
 * gradient steps as W, and both decay. They differ only in their initial values, which decay:
 *
 *   W ← (1 − ηλ) W − Δ,  B ← (1 − ηλ) B − Δ   ⟹   W − B shrinks by (1 − ηλ) in every step.
 *
 * The decay is decoupled from the gradient for every optimizer. Inside Adam's scaling or a momentum it would be a
 * different factor for W and B, and they would not converge to each other.
 */
export const kolenPollack: LearningRule = {
  title: 'Kolen–Pollack',
  label: 'KP',
  usesFeedback: true,
  trainsLike: 'bp',
  beginFeedback(feedback) {
    for (let i = 0; i < feedback.length; i++) feedback[i] *= BEGINNING;
  },
  errorBelow: ({ feedback, send }) => send(feedback),
  learning: alongsideWeights,
};
