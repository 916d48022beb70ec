import type { Attack } from '../attacks/attack.js';
import type { Loss } from '../losses/loss.js';
import { margin } from '../losses/margin.js';

/**
 * Returns the loss that an attack increases where a setting names `loss`. It is the margin for attacks without
 * gradients (by queries or differences of logits). It is the margin also for targeted attacks if `loss` has no targeted
 * form for the number of classes.
 */
export function lossFor({ needs }: Pick<Attack, 'needs'>, loss: Loss, classes: number): Loss {
  if (needs === 'queries' || needs === 'differences') return margin;
  const aimed = loss.targeted !== undefined && classes >= loss.targeted.leastClasses;
  return needs === 'targets' && !aimed ? margin : loss;
}
