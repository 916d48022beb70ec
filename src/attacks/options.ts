/* What is asked of an attack and its options before it runs. */
import * as check from '../check.js';
import type { Attack, AttackOptions } from './attack.js';

const names: readonly (keyof AttackOptions)[] = [
  'epsilon',
  'iterations',
  'stepSize',
  'momentum',
  'project',
  'clip',
  'restarts',
  'queries',
  'samples',
  'targets',
];

/** Whether an attack knows no range of pixels with these options, and so may begin and end beyond [0, 1]. */
export const beyondPixels = ({ unbounded }: Attack, { clip }: AttackOptions): boolean =>
  unbounded === true && clip === false;

/**
 * Checks an attack and its options, those too that it leaves alone. Undefined is an option's default, for all but
 * epsilon, which has none.
 *
 * @throws {RangeError} if an option is unknown or not accepted
 * @throws {TypeError} if there is no attack, or there are no options
 */
export function checkAttack(where: string, attack: Attack, options: AttackOptions): void {
  const fields = { label: 'string', needs: 'string', run: 'function' } as const;
  check.object(where, 'attack', attack, 'an attack, such as attacks.bim,', fields);
  check.options(where, 'options', options, names);
  const { epsilon, iterations = 1, restarts = 1, queries = 1, samples = 2, targets = 1 } = options;
  const { stepSize = 1, momentum = 0, project = true, clip = true } = options;
  if (beyondPixels(attack, options)) check.number(where, 'options.epsilon', epsilon, { from: 0 });
  else check.number(where, 'options.epsilon', epsilon, { from: 0, to: 1 }, 'of pixels in [0, 1]: 8/255, say, not 8');
  check.wholeNumber(where, 'options.iterations', iterations);
  check.wholeNumber(where, 'options.restarts', restarts);
  check.wholeNumber(where, 'options.queries', queries);
  check.wholeNumber(where, 'options.samples', samples, { from: 2 });
  check.wholeNumber(where, 'options.targets', targets);
  check.number(where, 'options.stepSize', stepSize, { above: 0 });
  check.number(where, 'options.momentum', momentum, { from: 0 });
  check.flag(where, 'options.project', project);
  check.flag(where, 'options.clip', clip);
}
