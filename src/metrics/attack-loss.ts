import type { Attack } from '../attacks/attack.js';
import { type AttackName, attacks } from '../attacks/index.js';
import { type LossName, losses } from '../losses/index.js';
import type { Loss } from '../losses/loss.js';

/** Returns the loss that an attack maximises where a setting asks for `loss`; null for an attack that maximises no loss. */
export const lossFor = ({ maximises }: Pick<Attack, 'maximises'>, loss: Loss, classes: number): Loss | null =>
  maximises ? maximises(loss, classes) : loss;

/**
 * Returns the name of the loss that an attack maximises, as result files state it.
 *
 * @param asked the setting's loss
 * @returns the key in the table of losses; the title of a loss that the table doesn't hold
 */
export function maximisedLoss(name: AttackName, asked: LossName, classes: number): string | null {
  const loss = lossFor(attacks[name], losses[asked], classes);
  const known = Object.entries(losses).find(([, each]) => each === loss);
  return known?.[0] ?? loss?.title ?? null;
}
