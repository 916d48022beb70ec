export { channelAffine, channelAffineBackward, channelMoments, channelProducts } from './channels';
export { convBackwardInput, convBackwardWeights } from './conv-backward';
export { convForward } from './conv-forward';
export { matmulTB } from './dots';
export {
  addToColumns,
  normalize,
  normalizeBackward,
  relu,
  reluBackward,
  sumColumns,
} from './elementwise';
export { matmul, matmulTA } from './multiply';
export { maxPool, maxPoolBackward } from './pool';
export { uniform } from './random';
export { adam, copySigns, rescale, sgd, signStep, sumParts } from './steps';
export { setWindow } from './window';
export { winogradBackwardInput, winogradForward } from './winograd';
export { setTiles } from './winograd-tiles';
export { winogradBackwardWeights } from './winograd-weights';
