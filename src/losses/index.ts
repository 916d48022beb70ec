import { crossEntropy } from './cross-entropy.js';
import { dlr } from './dlr.js';
import type { Loss } from './loss.js';
import { margin } from './margin.js';

/** Every loss, by the name that the command line and the result files use. */
export const losses = { 'cross-entropy': crossEntropy, margin, dlr } satisfies Record<string, Loss>;
export type LossName = keyof typeof losses;
