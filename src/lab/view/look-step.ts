/* What one step of the walk is called, is coloured by, and writes out. */
import { type Place, placeAt, type Step, type Trace, type TracedTensor, valuesOf } from '../../core.js';
import { short } from '../words.js';
import { commonScale } from './colours.js';

/** The number that is written out before one is pointed at: the largest of what the step shows. */
export function outstanding(trace: Trace, step: Step): Place {
  const layer = step.phase === 'loss' ? trace.layers.length - 1 : step.layer;
  const tensor = { forward: 'y', loss: 'dy', backward: 'dx' }[step.phase] as TracedTensor;
  const values = valuesOf(trace.layers[layer], tensor, 'own');
  let most = 0;
  for (let i = 0; i < values.length; i++) if (Math.abs(values[i]) > Math.abs(values[most])) most = i;
  return placeAt(trace, layer, tensor, most);
}

export interface Scales {
  readonly main: number;
  readonly weights: number;
  readonly text: string;
}

/** One scale for both columns. */
export function scalesOf(step: Step, traces: readonly Trace[]): Scales {
  if (step.phase === 'loss') {
    const main = commonScale(...traces.map(({ dlogits }) => dlogits));
    return { main, weights: 0, text: `Deepest colour: ${short(main)}, on both sides.` };
  }
  const layers = traces.map(({ layers: list }) => list[step.layer]);
  const forward = step.phase === 'forward';
  const main = commonScale(...layers.map(({ y, own }) => (forward ? y : own.dx)));
  const weights = commonScale(...layers.map(({ own }) => own.dw ?? []));
  const gradients = !forward && weights > 0 ? `; of the weights’ gradients: ${short(weights)}` : '';
  return { main, weights, text: `Deepest colour: ${short(main)}, on both sides${gradients}.` };
}

export function titleOf(step: Step, { layers }: Trace): string {
  if (step.phase === 'loss') return 'The loss: how wrong the answer is, and the error it sends down';
  const { name, inputShape, outputShape } = layers[step.layer];
  if (step.phase === 'forward') return `Up through ${name}: ${inputShape.join('×')} → ${outputShape.join('×')}`;
  return `Down through ${name}: the error below it, ${inputShape.join('×')}`;
}
