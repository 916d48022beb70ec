import type { Attack } from './attack.js';
import { bim } from './bim.js';
import { fgsm } from './fgsm.js';
import { miFgsm } from './mi-fgsm.js';

/** Every attack, by the name that the command line and the result files use. */
export const attacks = { fgsm, bim, 'mi-fgsm': miFgsm } satisfies Record<string, Attack>;
export type AttackName = keyof typeof attacks;
