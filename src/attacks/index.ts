import { apgd } from './apgd.js';
import { apgdT } from './apgd-t.js';
import type { Attack, AttackOptions } from './attack.js';
import { bim } from './bim.js';
import { grey, signNoise, uniformNoise } from './controls.js';
import { fab } from './fab.js';
import { fgsm } from './fgsm.js';
import { miFgsm } from './mi-fgsm.js';
import { pgd } from './pgd.js';
import { spsa } from './spsa.js';
import { square } from './square.js';

/** Every attack, by the name that the command line and the result files use. */
export const attacks = {
  fgsm,
  bim,
  'mi-fgsm': miFgsm,
  pgd,
  apgd,
  'apgd-t': apgdT,
  fab,
  square,
  spsa,
  'uniform-noise': uniformNoise,
  'sign-noise': signNoise,
  grey,
} satisfies Record<string, Attack>;
export type AttackName = keyof typeof attacks;

/** The attacks of Akrout (2019): what a run measures unless told otherwise. */
export const paperAttacks = ['fgsm', 'bim', 'mi-fgsm'] as const satisfies readonly AttackName[];

/** How often an attack shows one image to a network of so many classes, at most. */
export function showsOf(name: AttackName, options: Omit<AttackOptions, 'epsilon'>, classes: number): number {
  const { gradients, forwards } = attacks[name].most(options, classes);
  return gradients + forwards;
}
