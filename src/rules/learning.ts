/*
 * The learning of feedback weights. The arrays are in memory that all threads of a crew share; the result doesn't depend
 * on which thread does which part. The arguments are valid only during the call.
 */
import type { Kernels } from '../tensor/kernels.js';
import type { Draw } from '../tensor/threefry.js';

/** The current step of a training. */
export interface TrainingStep {
  readonly kernels: Kernels<Float32Array>;
  /** The number of the step, from 0 over the whole training; negative before training begins. */
  readonly step: number;
  /** The number of steps of the whole training. */
  readonly steps: number;
}

/** The current step, with all that the learning of feedback weights needs. */
export interface FeedbackStep extends TrainingStep {
  /** η_t, this step's learning rate. */
  readonly rate: number;
  /** λ: weights shrink by 1 − η_t λ in a step. */
  readonly decay: number;
  /** The keys of this network's random numbers. */
  readonly keys: Draw['keys'];
}

/** Some of a layer's feedback weights, beside the weights in the same places. */
export interface WeightPart {
  readonly feedback: Float32Array;
  /** Applies the optimizer's step to the feedback weights, with the weights' gradient and a separate optimizer state. */
  stepFeedback(): void;
}

/** A contiguous part of the network's feedback weights. */
export interface FeedbackPart {
  readonly feedback: Float32Array;
  /** The index of its first element among all feedback weights of the network: a multiple of 8. */
  readonly first: number;
  /**
   * Turns numbers that are uniform in [−1, 1) into draws from the initializer's distribution of each layer, in place.
   */
  fromUniform(): void;
}

/** Some rows of a layer's weights, as a matrix. */
export interface MirroredLayer {
  /** `[outputs, inputs]`; a convolution's inputs are the C·K·K numbers under its kernel. */
  readonly weight: Float32Array;
  readonly feedback: Float32Array;
  readonly outputs: number;
  readonly inputs: number;
}

/** How a rule's feedback weights learn. */
export interface FeedbackLearning {
  /** Changes feedback weights after the optimizer's step on the weights beside them. */
  afterStep?(step: FeedbackStep, part: WeightPart): void;
  /** Redraws feedback weights after each step. */
  redraw?(step: FeedbackStep, part: FeedbackPart): void;
  /** Learns feedback weights from noise sent through the layer, between mini-batches. */
  readonly mirror?: Mirror;
}

/** Weight mirrors: feedback weights are learned from noise. */
export interface Mirror {
  /** The number of noise vectors of one mirror step, for each layer. */
  readonly samples: number;
  /** The number of mirror steps before training begins. */
  readonly before: number;
  /**
   * Makes one mirror step.
   *
   * @param noise `[samples, inputs]`, uniform in [−1, 1)
   * @param response scratch memory, `[samples, outputs]`
   */
  reflect(step: TrainingStep, layer: MirroredLayer, noise: Float32Array, response: Float32Array): void;
}

/** Gives the feedback weights the same gradient step and the same decay as the weights. */
export const alongsideWeights: FeedbackLearning = {
  afterStep({ kernels, rate, decay }, { feedback, stepFeedback }) {
    stepFeedback();
    kernels.rescale(feedback, feedback.length, 1 - rate * decay);
  },
};

/** Redraws the feedback weights in each step from the initializer's distribution. */
export const redrawn: FeedbackLearning = {
  redraw({ kernels, step, keys }, part) {
    const { feedback, first } = part;
    kernels.uniform(feedback, feedback.length, first, { keys, step });
    part.fromUniform();
  },
};
