import { crossEntropy } from './cross-entropy.js';
import type { Loss } from './loss.js';

/** Every loss, by the name that the command line and the result files use. */
export const losses = { 'cross-entropy': crossEntropy } satisfies Record<string, Loss>;
export type LossName = keyof typeof losses;
