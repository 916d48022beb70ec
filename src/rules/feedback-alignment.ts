import type { LearningRule } from './rule.js';

/**
 * Feedback alignment (Lillicrap et al. 2016; Akrout 2019, eq. 2): δ_l = φ′ ⊙ B_{l+1} δ_{l+1}, where B is random, fixed
 * and independent of W. The backward pass doesn't use the forward weights.
 */
export const feedbackAlignment: LearningRule = {
  title: 'feedback alignment',
  label: 'FA',
  usesFeedback: true,
  errorBelow: ({ feedback, send }) => send(feedback),
};
