/* One picture under attack, and what both networks make of it. */
import type { Answer, AttackSettings } from '../engine/answers.js';
import type { Lab } from '../lab.js';
import { labelOf } from '../words.js';

export interface Example {
  readonly adversarial: Float32Array;
  readonly zeroGradient: boolean;
  readonly clean: readonly Answer[];
  readonly moved: readonly Answer[];
}

/** What decides an example. */
export const keyOf = ({ state, sides }: Lab): string => {
  const { attack, epsilon, iterations, path, loss, source, picture } = state;
  const which = picture.kind === 'test' ? picture.index : `${picture.label}${picture.pixels.join()}`;
  return [attack, epsilon, iterations, path, loss, source, which, networksKey(sides)].join('|');
};

let traced = 0;
const numbers = new WeakMap<object, number>();
/** Changes whenever the networks do: with their traces. */
export function networksKey(sides: Lab['sides']): string {
  return sides
    .map(({ history }) => {
      if (!numbers.has(history)) numbers.set(history, traced++);
      return `${numbers.get(history)}:${history.at(-1)?.step}`;
    })
    .join();
}

export async function makeExample(lab: Lab, settings: AttackSettings): Promise<Example> {
  const { sides, state, image, label } = lab;
  const index = state.picture.kind === 'test' ? state.picture.index : 0;
  const { adversarial, zeroGradient } = await sides[state.source].engine.call('perturb', image, label, index, settings);
  const answers = (of: Float32Array) => Promise.all(sides.map(({ engine }) => engine.call('answer', of)));
  return { adversarial, zeroGradient, clean: await answers(image), moved: await answers(adversarial) };
}

export function verdictText(lab: Lab, { zeroGradient, clean, moved }: Example): string {
  const { source, rules } = lab.state;
  const [before, after] = [clean[source].prediction, moved[source].prediction];
  const name = labelOf(rules[source]);
  if (zeroGradient) return `${name}’s gradient at this picture is exactly zero in every pixel: the attack never moved.`;
  if (before !== lab.label) return `${name} takes the clean picture for a ${before} already.`;
  return after === lab.label
    ? `${name} withstands: still a ${after}.`
    : `${name} is fooled: it was a ${before}, now it says ${after}.`;
}
