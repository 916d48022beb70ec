import type { LearningRule } from './rule.js';

/** Backpropagation: δ_l = φ′ ⊙ W_{l+1}ᵀ δ_{l+1}. The error travels back through the weights it came forward by. */
export const backprop: LearningRule = {
  title: 'backpropagation',
  label: 'BP',
  usesFeedback: false,
  errorBelow: ({ weight, send }) => send(weight),
};
