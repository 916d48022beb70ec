import { crossEntropy } from './cross-entropy.js';
import { dlr } from './dlr.js';
import type { Loss } from './loss.js';
import { margin } from './margin.js';

/** The losses, by their names on the command line and in the result files. */
export const losses = { 'cross-entropy': crossEntropy, margin, dlr } satisfies Record<string, Loss>;
export type LossName = keyof typeof losses;
