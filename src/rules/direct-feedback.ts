import type { WeightedLayer } from '../layers/layer.js';
import { sizeOf } from '../tensor/tensor.js';
import type { LearningRule } from './rule.js';

/** Returns `[classes, inputs]`: B maps the output's error to the layer's inputs. */
const feedbackShape = ({ inputShape }: WeightedLayer, classes: number): readonly number[] => [
  classes,
  sizeOf(inputShape),
];

/**
 * Direct feedback alignment (Nøkland 2016): δ_l = φ′ ⊙ B_l e, where e is the error at the output and B_l is random and
 * fixed. No error passes through the layers.
 *
 * B_l ends below a layer's pooling and activation, and the error then passes through these two. A convolution's error is
 * therefore as sparse as under backpropagation. (Nøkland's B_l ends at each layer's output. BioTorch's convolutions copy
 * one e to all positions and send it through random kernels.)
 *
 * At the pixels the gradient is B₁e, which depends on the image only through e. An attack along this path uses only the
 * network's answer.
 */
export const directFeedbackAlignment: LearningRule = {
  title: 'direct feedback alignment',
  label: 'DFA',
  usesFeedback: true,
  feedbackShape,
  errorBelow: ({ feedback, sendOutput }) => sendOutput(feedback),
};

/** The factor by which B's initial values are reduced for the target, which doesn't shrink during training as errors do. */
const TARGET_SCALE = 0.01;

/**
 * Direct random target projection (Frenkel, Lefebvre & Bol 2021): δ_l = φ′ ⊙ B_l y*, with the one-hot target y* instead
 * of the output's error. A layer can therefore learn before the layers above it have answered. The output layer learns
 * from its own error.
 *
 * y* is as large at the end of training as at its beginning. B is therefore a hundredth of its usual size here: under
 * SGD the lower layers change slowly while the output layer learns. Unbounded units (ReLU) need this. Under Adam the size
 * has no effect.
 *
 * At the pixels the gradient is the row of B₁ of the label: the same image for every answer of the network.
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
