import type { LearningRule } from './rule.js';

/** Backpropagation (Rumelhart, Hinton & Williams 1986): δ_l = φ′ ⊙ W_{l+1}ᵀ δ_{l+1}, through the forward weights. */
export const backprop: LearningRule = {
  title: 'backpropagation',
  label: 'BP',
  usesFeedback: false,
  errorBelow: ({ weight, send }) => send(weight),
};
