import { alongsideWeights } from './learning.js';
import type { LearningRule } from './rule.js';

/** How much of the usual size B begins with: a small B is soon forgotten. */
const BEGINNING = 0.3;

/**
 * Kolen–Pollack (Kolen & Pollack 1994; Akrout et al. 2019, eq. 16 and 17): δ_l = φ′ ⊙ Bδ, where B takes the same
 * gradient steps as W, and both decay. What they began with, all in which they differ, dies away:
 *
 *   W ← (1 − ηλ) W − Δ,  B ← (1 − ηλ) B − Δ   ⟹   W − B shrinks by (1 − ηλ) in every step.
 *
 * The decay stands apart from the gradient (decoupled), whatever the optimizer: inside Adam's scaling or a momentum it
 * would not be the same factor for both, and they would not meet.
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
