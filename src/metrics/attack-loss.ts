import type { Attack } from '../attacks/attack.js';
import type { Loss } from '../losses/loss.js';
import { margin } from '../losses/margin.js';

/**
 * What an attack makes grow, where a setting asks for `loss`: the margin for attacks that ask for no gradient or for
 * differences of logits, and for targeted ones on a loss that has no targeted form for so many classes.
 */
export function lossFor({ needs }: Pick<Attack, 'needs'>, loss: Loss, classes: number): Loss {
  if (needs === 'queries' || needs === 'differences') return margin;
  const aimed = loss.targeted !== undefined && classes >= loss.targeted.leastClasses;
  return needs === 'targets' && !aimed ? margin : loss;
}
