/* The lesson's steps: their texts, with the numbers in their places. */
import { degrees, percent } from '../words.js';
import { EPSILON, type Found, partOf, share, under, worst } from './why-found.js';

/** How much more the paper's attack left than the worst case. */
const blindness = (found: Found): string => {
  const seen = worst(found);
  return seen.length === 0 ? '…' : percent(partOf(under(found, 'paper')) - partOf(seen));
};

interface Lesson {
  readonly title: string;
  /** @param angle of the right network's error at the first image's pixels to the true one, by the margin */
  readonly text: (names: readonly string[], found: readonly Found[], angle: number | undefined) => string;
  readonly rows?: (found: readonly Found[]) => [string, string, string][];
}

const row = (
  name: string,
  found: readonly Found[],
  pick: (of: Found) => readonly boolean[],
): [string, string, string] => [name, share(pick(found[0])), share(pick(found[1]))];

export const lessons: readonly Lesson[] = [
  {
    title: '1. The flat curve',
    text: ([left, right], [a, b]) =>
      `Both networks read clean digits: ${left} ${share(a.clean)} of them, ${right} ${share(b.clean)}. Now attack each as the paper does: ten steps of BIM within ε = ${EPSILON}, along the gradient of the cross-entropy that the network’s own learning rule sends down to the pixels. ${left} keeps ${share(under(a, 'paper'))}, ${right} keeps ${share(under(b, 'paper'))}. Whoever has more left looks robust.`,
    rows: (found) => [
      row('clean', found, (of) => of.clean),
      row(`BIM, ε = ${EPSILON}`, found, (of) => under(of, 'paper')),
    ],
  },
  {
    title: '2. Gradients that are exactly zero',
    text: ([left, right], [a, b]) =>
      `An attack that follows the sign of the gradient can’t move where the gradient is zero. For ${share(b.zero)} of the images ${right}’s gradient is exactly zero in every pixel, for ${left}’s ${share(a.zero)}. Where logits have grown so far apart that the softmax is exactly 0 or 1 in float32, the cross-entropy has no slope left: the network is saturated. Those images were never attacked.`,
  },
  {
    title: '3. Ask with another loss',
    text: ([, right], [, b], angle) =>
      `The margin, the best wrong logit less the right one, has a slope however large the logits are. Along the rule’s own path BIM on the margin leaves ${right} ${share(under(b, 'margin'))}. What still stands now is not due to saturation: on its own path the error goes a way of its own. At the first test image’s pixels it stands at ${degrees(angle)} to the true one (Look, last step).`,
    rows: (found) => [row('own path, margin', found, (of) => under(of, 'margin'))],
  },
  {
    title: '4. Ask along the true weights',
    text: ([, right], [, b]) =>
      `An attacker who has the network has its weights, and need not use B. Along the true transposed weights, the cross-entropy leaves ${right} ${share(under(b, 'carried'))}, the margin ${share(under(b, 'both'))}. Only the last of the four is free of both misalignment and saturation.`,
    rows: (found) => [
      row('true weights, cross-entropy', found, (of) => under(of, 'carried')),
      row('true weights, margin', found, (of) => under(of, 'both')),
    ],
  },
  {
    title: '5. The grey image',
    text: ([left, right], [a, b]) =>
      `With ε = 0.5 every picture can be turned into the same grey. A network gives all of them the same answer, and is right where that happens to be the digit: ${left} on ${share(a.grey)}, ${right} on ${share(b.grey)}. A curve that is higher than that at ε = 0.5 shows an attack that failed, and no network that withstood.`,
    rows: (found) => [row('all grey', found, (of) => of.grey)],
  },
  {
    title: '6. The worst case',
    text: ([left, right], [a, b]) =>
      `A network withstands on an image if no attack fools it there. Over the four above, the worst case at ε = ${EPSILON} leaves ${left} ${share(worst(a))} and ${right} ${share(worst(b))}. That is the robustness. What else stood under the paper’s attack, ${blindness(b)} of ${right}’s images, was the attack’s blindness.`,
    rows: (found) => [
      row('paper’s attack', found, (of) => under(of, 'paper')),
      row('worst case', found, (of) => worst(of)),
    ],
  },
];
