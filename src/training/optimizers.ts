import { adam } from './adam.js';
import type { Optimizer } from './optimizer.js';
import { sgd } from './sgd.js';

/** Every optimizer, by the name that the command line uses. */
export const optimizers = { sgd, adam } satisfies Record<string, Optimizer>;
export type OptimizerName = keyof typeof optimizers;
