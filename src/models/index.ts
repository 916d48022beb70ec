import type { Layer } from '../layers/layer.js';
import { lenet5, type ModelOptions } from './lenet.js';

/** Every architecture, by the name that configurations and checkpoints use. */
export const models = { lenet5 } satisfies Record<string, (options: ModelOptions) => Layer[]>;
export type ModelName = keyof typeof models;
