import type { WeightedLayer } from '../layers/layer.js';
import { sizeOf } from '../tensor/tensor.js';
import type { LearningRule } from './rule.js';

/** `[classes, inputs]`: from the output's error straight to what lies below the layer. */
const feedbackShape = ({ inputShape }: WeightedLayer, classes: number): readonly number[] => [
  classes,
  sizeOf(inputShape),
];

/**
 * Direct feedback alignment (Nøkland 2016): δ_l = φ′ ⊙ B_l e, where e is the error at the output and B_l random and
 * fixed. No error travels through the layers.
 *
 * B_l ends below a layer's pooling and activation, which then let through what they let through of any error: a
 * convolution's error is as sparse as under backpropagation. (Nøkland's ends at each layer's output; BioTorch's
 * convolutions spread one e over all positions and send it through random kernels.) Down to the pixels it gives B₁e,
 * an image chosen by e alone: an attack along this path knows of the network nothing but its answer.
 */
export const directFeedbackAlignment: LearningRule = {
  title: 'direct feedback alignment',
  label: 'DFA',
  usesFeedback: true,
  feedbackShape,
  errorBelow: ({ feedback, sendOutput }) => sendOutput(feedback),
};

/** How much of the usual size B begins with where it carries the target, which does not shrink as errors do. */
const TARGET_SCALE = 0.01;

/**
 * Direct random target projection (Frenkel, Lefebvre & Bol 2021): δ_l = φ′ ⊙ B_l y*, with the one-hot target y* in the
 * place of the output's error, so that a layer can learn before the ones above have answered. The output layer learns
 * by its own error.
 *
 * Since y* is as large at the end of training as at its beginning, B is a hundredth of its usual size here: under SGD the
 * output layer then learns while the layers below it move slowly, which units that can grow without bounds (ReLU) need.
 * Under Adam the size says nothing.
 *
 * Down to the pixels it gives the row of B₁ that belongs to the label: the same image whatever the network answers.
 */
export const directRandomTargetProjection: LearningRule = {
  title: 'direct random target projection',
  label: 'DRTP',
  usesFeedback: true,
  feedbackShape,
  beginFeedback(feedback) {
    for (let i = 0; i < feedback.length; i++) feedback[i] *= TARGET_SCALE;
  },
  errorBelow: ({ feedback, sendTarget }) => sendTarget(feedback),
};
