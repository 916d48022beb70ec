import * as check from '../check.js';
import type { Layer } from '../layers/layer.js';
import { checkModelOptions, lenet5, lenetWide, type ModelOptions } from './lenet.js';
import { resnet8, resnet14, resnet20, resnet32 } from './resnet.js';

/** Every architecture, by the name that configurations and checkpoints use. */
export const models = {
  lenet5,
  'lenet-wide': lenetWide,
  resnet8,
  resnet14,
  resnet20,
  resnet32,
} satisfies Record<string, (options: ModelOptions) => Layer[]>;
export type ModelName = keyof typeof models;

/** All that is needed to build a network's layers again, elsewhere. */
export interface NetworkSpec extends ModelOptions {
  readonly model: ModelName;
}

/**
 * A network's layers, in order.
 *
 * @throws {ShapeError | RangeError | TypeError} if the specification is unusable
 */
export function buildLayers(spec: NetworkSpec): Layer[] {
  checkSpec('buildLayers', spec);
  return models[spec.model](spec);
}

/** @throws {ShapeError | RangeError | TypeError} with what is wrong with a network's specification */
export function checkSpec(where: string, spec: unknown): void {
  check.object(where, 'spec', spec, 'a specification (networkSpec(dataset) makes one)');
  check.oneOf(where, 'spec.model', (spec as NetworkSpec).model, Object.keys(models));
  checkModelOptions(where, 'spec', spec);
}
