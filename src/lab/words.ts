/* How the page writes numbers. */
import { type RuleName, rules } from '../core.js';

export { percent, short } from '../words.js';
export const degrees = (angle: number | undefined): string => (angle === undefined ? '–' : `${angle.toFixed(1)}°`);
export const labelOf = (rule: RuleName): string => rules[rule].label;
/** The class of the style sheet that gives a rule its colour. */
export const toneOf = (rule: RuleName): string => `tone-${rule}`;
