/*
 * The library without Node: all that a browser can import, as `weight-transport/core`. Nothing below it may import one
 * of Node's own modules; the linter holds that.
 */
export type { Attack, AttackOptions, AttackTarget, GradientFunction, Needs, Oracle, Shows } from './attacks/attack.js';
export { type AttackName, attacks } from './attacks/index.js';
export { perturb, type TensorGradient } from './attacks/perturb.js';
export { solo } from './crew/crew.js';
export { ShapeError, UserError } from './errors.js';
export { type Activation, activation } from './layers/activation.js';
export { avgPool } from './layers/avg-pool.js';
export { batchNorm } from './layers/batch-norm.js';
export { conv2d } from './layers/conv2d.js';
export { flatten } from './layers/flatten.js';
export type { Block, Layer, NormalizingLayer, PlainLayer, WeightedLayer } from './layers/layer.js';
export { linear } from './layers/linear.js';
export { maxPool } from './layers/max-pool.js';
export { normalize } from './layers/normalize.js';
export { relu } from './layers/relu.js';
export { residual } from './layers/residual.js';
export { sigmoid } from './layers/sigmoid.js';
export { tanh } from './layers/tanh.js';
export { widen } from './layers/widen.js';
export { type LossName, losses } from './losses/index.js';
export type { Loss } from './losses/loss.js';
export { accuracy } from './metrics/accuracy.js';
export { alignment, type LayerAlignment } from './metrics/alignment.js';
export { ExampleMaker, type ExampleSettings, type Examples } from './metrics/examples.js';
export { type CheckSubject, checkGradients, GRADIENT_TOLERANCE, type GradientCheck } from './metrics/gradient-check.js';
export { loadNetwork, saveNetwork } from './models/checkpoint.js';
export { createNetwork, networkSpec } from './models/create.js';
export { buildLayers, type ModelName, models, type NetworkSpec } from './models/index.js';
export { type InitializerName, initializers } from './models/initialize.js';
export { type ActivationName, lenet5, type ModelOptions } from './models/lenet.js';
export { Network } from './models/network.js';
export { type NetworkOracle, networkOracle } from './models/oracle.js';
export { initialParameters, type Parameters } from './models/parameters.js';
export { type Checkpoint, type CheckpointTensor, decodeCheckpoint, encodeCheckpoint } from './models/safetensors.js';
export {
  type Descent,
  type Extent,
  extent,
  type LayerTrace,
  type Step,
  softmax,
  type Trace,
  walk,
} from './models/trace.js';
export { DifferenceQuotients } from './models/trace-check.js';
export { type Equation, equation } from './models/trace-equation.js';
export type { Factor } from './models/trace-names.js';
export {
  type Place,
  parsePlace,
  placeAt,
  placeName,
  shapeOf,
  type TracedTensor,
  tracedTensors,
  valuesOf,
  type Way,
} from './models/trace-place.js';
export { summaryOf, type TraceSummary } from './models/trace-summary.js';
export { Tracer } from './models/tracer.js';
export { type RuleName, rules } from './rules/index.js';
export { type GradientPath, gradientPaths } from './rules/path.js';
export { type ErrorPath, type LearningRule, trainedLike } from './rules/rule.js';
export { angleBetween } from './tensor/angle.js';
export { type KernelChoice, loadKernels } from './tensor/backends.js';
export type { ClassIndices } from './tensor/class-indices.js';
export { Heap } from './tensor/heap.js';
export { firstImages, imageBatch, type LabelledImages, loadImage } from './tensor/images.js';
export type { Backend, Kernels } from './tensor/kernels.js';
export { permutation, type RandomStream, stream } from './tensor/random.js';
export { float64Kernels, referenceKernels } from './tensor/reference.js';
export { type FloatArray, type Tensor, tensor } from './tensor/tensor.js';
export { freeTrainingMemory, type TrainingMemory, trainingMemory } from './training/memory.js';
export { type OptimizerName, optimizers } from './training/optimizers.js';
export { defaultTraining, type TrainingOptions } from './training/options.js';
export { type DecayName, decays } from './training/schedule.js';
export { SHARD_SIZE } from './training/shard.js';
export { type EpochResult, Trainer, train } from './training/train.js';
