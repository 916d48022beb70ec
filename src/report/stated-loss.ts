import { followsGradient } from '../attacks/attack.js';
import { type AttackName, attacks } from '../attacks/index.js';
import { type LossName, losses } from '../losses/index.js';
import { maximisedLoss } from '../metrics/attack-loss.js';

/** Files don't say how many classes there are. */
const MANY_CLASSES = Number.POSITIVE_INFINITY;

const isAttack = (name: string): name is AttackName => Object.hasOwn(attacks, name);
const isLoss = (name: string | null): name is LossName => name !== null && Object.hasOwn(losses, name);

/**
 * Returns the loss that an attack maximised if a file states `loss`: earlier builds stated the setting's loss for every
 * attack. For an attack or a loss that no table holds, that is `loss`.
 */
export const statedLoss = (attack: string, loss: string | null): string | null =>
  isAttack(attack) && isLoss(loss) ? maximisedLoss(attack, loss, MANY_CLASSES) : loss;

/** Tells whether a name is that of an attack that follows a gradient. */
export const isGradientAttack = (attack: string): boolean => isAttack(attack) && followsGradient(attacks[attack]);
