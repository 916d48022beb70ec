import { attackedImages, type Evidence, outcomesAt } from './evidence.js';

/** The first thing that got an image misclassified. */
export interface Broken {
  /** The attack's name; `none` for an image that is misclassified without one. */
  readonly by: string;
  /** How often the attack had shown the image to the network. */
  readonly queries: number;
  /** What the network took the example for. */
  readonly prediction: number;
}

/** One image's worst case at one epsilon; undefined if nothing got it misclassified. */
export type ImageFate = Broken | undefined;

/**
 * The worst case of every image at every epsilon, over all attacks: for each epsilon in ascending order, what broke
 * each image first. Cheap attacks come before dear ones; an example found at a smaller epsilon is one at a larger
 * epsilon too, and is what counts there if no attack succeeded at that epsilon itself.
 */
export function worstCase(evidence: Evidence): ReadonlyMap<number, readonly ImageFate[]> {
  const { labels, clean, epsilons } = evidence;
  const fates = new Map<number, ImageFate[]>();
  let smaller: readonly ImageFate[] = [];
  for (const epsilon of epsilons) {
    const now: ImageFate[] = Array.from(labels, (label, i) =>
      clean[i] === label ? undefined : { by: 'none', queries: 0, prediction: clean[i] },
    );
    for (const outcome of outcomesAt(evidence, epsilon)) {
      for (const [image, place] of attackedImages(outcome)) {
        const prediction = outcome.predictions[place];
        if (prediction === labels[image]) continue;
        now[image] ??= { by: outcome.attack.id, queries: outcome.queries[place], prediction };
      }
    }
    smaller = now.map((fate, i) => fate ?? smaller[i]);
    fates.set(epsilon, [...smaller]);
  }
  return fates;
}

/** The share of images that nothing broke. */
export const survivors = (fates: readonly ImageFate[]): number =>
  fates.filter((fate) => fate === undefined).length / fates.length;

/** How many images each attack is credited with, in descending order. */
export function credits(fates: readonly ImageFate[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const fate of fates) if (fate) counts.set(fate.by, (counts.get(fate.by) ?? 0) + 1);
  return Object.fromEntries([...counts].sort((a, b) => b[1] - a[1]));
}
