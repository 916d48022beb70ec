/*
 * AutoAttack's own flags (Croce & Hein 2020, and its authors' code): signs that its measure may not be taken at its word.
 * That a network optimises while it answers is none that a network here can do. And signs that float32 matters.
 */
import { percent, short } from '../words.js';
import { type Evidence, outcomesAt, rightUnder, shareOf } from './evidence.js';
import { float32Spacing } from './logits.js';
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

/** More images than this must be concerned before the size of the logits is told: rounding is told of one. */
const FEW = 0.01;
/** Logits of a network as it is trained differ by less; beyond, the cross-entropy has no gradient on most images. */
const LARGE_SPREAD = 1e6;
/** All logits share an offset that is so many times their spread. */
const LARGE_OFFSET = 100;

/** What the names of {@link float32Warnings} begin with. */
export const FLOAT32 = 'float32';

/** Where the size of the logits, or an offset of all of them, makes float32 change what is measured. */
export function float32Warnings({ logits, gradients }: Pick<Evidence, 'logits' | 'gradients'>): Warning[] {
  const { images, uniform, spread } = logits;
  const warnings: Warning[] = [];
  const raise = (name: string, meaning: string) => void warnings.push({ name: `${FLOAT32}: ${name}`, meaning });
  if (logits.withinRounding > 0 || (logits.otherInFloat64 ?? 0) > 0) raise('rounding', roundingMeaning(logits));
  if (uniform > FEW * images) {
    raise(
      'small logits',
      `The logits of an image differ by ${short(spread)} in the median. On ${uniform} of ${images} images all shares of the softmax are equal in float32: the cross-entropy does not tell which class is nearest, the margin does. A larger last layer (weights and biases) changes no prediction.`,
    );
  }
  if (spread >= LARGE_SPREAD) {
    raise(
      'large logits',
      `The logits of an image differ by ${short(spread)} in the median. Where the true class's logit is more than about 103 above all others, the cross-entropy's gradient is exactly zero in float32. A smaller last layer (weights and biases) changes no prediction.`,
    );
  }
  const lost = Math.max(0, ...gradients.counts.map(({ underflow = 0 }) => underflow));
  if (lost > FEW * gradients.images) {
    raise(
      'underflow',
      `On ${lost} of ${gradients.images} images a gradient is exactly zero that is not zero once the loss is multiplied by 2¹⁰⁰: float32 loses it in the backward pass. The weights are very small.`,
    );
  }
  return warnings;
}

function roundingMeaning({
  images,
  largest,
  withinRounding,
  tied,
  otherInFloat64,
  offset,
  spread,
}: Evidence['logits']): string {
  const exact =
    otherInFloat64 === undefined
      ? ''
      : ` With its last layer in float64, the network gives ${otherInFloat64} images another class.`;
  const shared =
    Math.abs(offset) > LARGE_OFFSET * spread
      ? ` All logits share an offset of about ${short(offset)}: subtract it from the last layer's biases.`
      : '';
  return `The largest logit has the size ${short(largest)}, where float32 numbers lie ${short(float32Spacing(largest))} apart. On ${withinRounding} of ${images} images the two largest logits are no further apart than that, on ${tied} they are equal.${exact} Accuracies are not known better than that.${shared}`;
}
