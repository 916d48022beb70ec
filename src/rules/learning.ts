/*
 * How feedback weights change while a network learns. Arrays lie in memory that the whole crew sees; which member does
 * what changes no result. What is handed over here lasts for the call and no longer.
 */
import type { Kernels } from '../tensor/kernels.js';
import type { Draw } from '../tensor/threefry.js';

/** Where training stands. */
export interface TrainingStep {
  readonly kernels: Kernels<Float32Array>;
  /** Counted from 0 over the whole training; negative before it begins. */
  readonly step: number;
  /** How many steps the whole training has. */
  readonly steps: number;
}

/** What one step of training is, to feedback weights. */
export interface FeedbackStep extends TrainingStep {
  /** η_t, this step's learning rate. */
  readonly rate: number;
  /** λ: weights shrink by 1 − η_t λ in a step. */
  readonly decay: number;
  /** Of random numbers, for this network alone. */
  readonly keys: Draw['keys'];
}

/** The feedback weights in the same places as some of a layer's weights. */
export interface WeightPart {
  readonly feedback: Float32Array;
  /** The optimizer's step, with the weights' own gradient and state of its own, on the feedback weights. */
  stepFeedback(): void;
}

/** A run of feedback weights. */
export interface FeedbackPart {
  readonly feedback: Float32Array;
  /** Its place among all feedback weights of the network: a multiple of 8. */
  readonly first: number;
  /**
   * Turns numbers that are uniform in [−1, 1) into draws from the distribution that each layer's weights began with, in
   * place.
   */
  fromUniform(): void;
}

/** Some rows of a layer as a mirror sees it: a matrix, whatever its shape. */
export interface MirroredLayer {
  /** `[outputs, inputs]`; of a convolution's inputs, the C·K·K under its kernel. */
  readonly weight: Float32Array;
  readonly feedback: Float32Array;
  readonly outputs: number;
  readonly inputs: number;
}

export interface FeedbackLearning {
  /** After the optimizer's step on these weights. */
  afterStep?(step: FeedbackStep, part: WeightPart): void;
  /** After each step, for every feedback weight. */
  redraw?(step: FeedbackStep, part: FeedbackPart): void;
  /** Learns feedback weights from noise sent through the layer, between mini-batches. */
  readonly mirror?: Mirror;
}

export interface Mirror {
  /** Noise vectors shown to each layer at a time. */
  readonly samples: number;
  /** How often mirrors are looked into before training begins. */
  readonly before: number;
  /**
   * One look.
   *
   * @param noise `[samples, inputs]`, uniform in [−1, 1)
   * @param response scratch, `[samples, outputs]`
   */
  reflect(step: TrainingStep, layer: MirroredLayer, noise: Float32Array, response: Float32Array): void;
}

/** The same step as the weights', and the same decay. */
export const alongsideWeights: FeedbackLearning = {
  afterStep({ kernels, rate, decay }, { feedback, stepFeedback }) {
    stepFeedback();
    kernels.rescale(feedback, feedback.length, 1 - rate * decay);
  },
};

/** Drawn anew in each step, from the distribution that the weights began with. */
export const redrawn: FeedbackLearning = {
  redraw({ kernels, step, keys }, part) {
    const { feedback, first } = part;
    kernels.uniform(feedback, feedback.length, first, { keys, step });
    part.fromUniform();
  },
};
