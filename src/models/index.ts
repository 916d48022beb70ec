import type { Layer } from '../layers/layer.js';
import { lenet5, lenetWide, type ModelOptions } from './lenet.js';

/** Every architecture, by the name that configurations and checkpoints use. */
export const models = { lenet5, 'lenet-wide': lenetWide } satisfies Record<string, (options: ModelOptions) => Layer[]>;
export type ModelName = keyof typeof models;

/** All that is needed to build a network's layers again, elsewhere. */
export interface NetworkSpec extends ModelOptions {
  readonly model: ModelName;
}

export const buildLayers = (spec: NetworkSpec): Layer[] => models[spec.model](spec);
