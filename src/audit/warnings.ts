/*
 * AutoAttack's own flags (Croce & Hein 2020, and its authors' code): signs that its measure may not be taken at its word.
 * That a network optimises while it answers is none that a network here can do.
 */
import { percent } from '../words.js';
import { type Evidence, outcomesAt, rightUnder, shareOf } from './evidence.js';
import { standardIds, targetedLoss } from './recipe.js';

/** One sign, and what it means. */
export interface Warning {
  readonly name: string;
  readonly meaning: string;
}

/** Square may find this share of the images that the attacks before it have missed. */
const MOST_BY_SQUARE = 0.002;

/** The flags that are raised on a network. */
export function warningsOf(evidence: Evidence): Warning[] {
  const { labels, gradients, answers, epsilons } = evidence;
  const images = labels.length;
  const warnings: Warning[] = [];
  const raise = (name: string, meaning: string) => void warnings.push({ name, meaning });
  if (answers.changing > 0) {
    raise(
      'randomized',
      `${answers.changing} of ${images} images are answered otherwise when asked again: attacks on what changes need averages.`,
    );
  }
  if (answers.likeProbabilities === images) {
    raise(
      'probabilities',
      'The outputs are probabilities, it seems, and no logits: gradients through a softmax vanish.',
    );
  }
  const zero = gradients.counts.find(({ loss, path }) => loss === 'margin' && path === 'true')?.zero ?? 0;
  if (zero > 0) {
    raise(
      'zero gradients',
      `${zero} of ${images} images have a margin gradient of exactly zero: no attack along it moves them.`,
    );
  }
  const [by, epsilon] = epsilons.reduce<[number, number]>(
    (most, each) => {
      const found = foundBySquare(evidence, each);
      return found > most[0] ? [found, each] : most;
    },
    [0, 0],
  );
  if (by > MOST_BY_SQUARE) {
    raise(
      'square',
      `At ε = ${epsilon} Square fools ${percent(by)} of the images that the attacks before it left: their gradients mislead.`,
    );
  }
  return [...warnings, ...fewClasses(evidence)];
}

/** What only Square, the last, fooled. */
function foundBySquare(evidence: Evidence, epsilon: number): number {
  const ids = standardIds(evidence);
  const all = outcomesAt(evidence, epsilon).filter(({ attack }) => ids.includes(attack.id));
  const before = all.filter(({ attack }) => attack.id !== 'square');
  return shareOf(rightUnder(evidence, before)) - shareOf(rightUnder(evidence, all));
}

/** What is done instead where there are too few classes for a loss. */
export function fewClasses(evidence: Pick<Evidence, 'classes'>): Warning[] {
  const { classes } = evidence;
  if (targetedLoss(evidence) === 'dlr') return [];
  const dlr = classes < 3 ? ' The difference of logits ratio needs three: APGD goes without it.' : '';
  return [
    {
      name: 'few classes',
      meaning: `There are ${classes} classes, and the targeted difference of logits ratio needs four: APGD-T climbs the margin instead.${dlr}`,
    },
  ];
}
