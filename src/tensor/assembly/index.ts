export { convBackwardInput, convBackwardWeights } from './conv-backward';
export { convForward } from './conv-forward';
export { matmulTB } from './dots';
export {
  addToColumns,
  addToRows,
  normalize,
  normalizeBackward,
  relu,
  reluBackward,
  sumColumns,
  sumRows,
} from './elementwise';
export { matmul, matmulTA } from './multiply';
export { maxPool, maxPoolBackward } from './pool';
export { adam, sgd, signStep, sumParts } from './steps';
export { col2im, im2col } from './windows';
