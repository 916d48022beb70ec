export * from './core.js';
export type { Dataset, DatasetSource, LoadOptions } from './datasets/dataset.js';
export { type DatasetName, datasets } from './datasets/index.js';
export { type Config, parseConfig } from './experiment/config.js';
export { parseEpsilons } from './experiment/parse-epsilons.js';
export { type Progress, silent } from './experiment/progress.js';
export { type RunSettings, runExperiment } from './experiment/run.js';
export type { Curve, CurvePoint, Results } from './report/run/results.js';
