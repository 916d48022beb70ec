/*
 * Images a second of the paper's attacks on the 10,000 test images: the gradient along the true weights of a network
 * that backpropagation trained, so that no image's gradient is exactly zero (such an image is left alone at once, and
 * would make the attack look fast). Counted with each attack is one more pass forward: what the network says of the
 * example.
 */
import { type AttackName, attacks, paperAttacks } from '../src/attacks/index.js';
import type { AttackJob, SharedNetwork } from '../src/parallel/messages.js';
import type { WorkerPool } from '../src/parallel/pool.js';
import { firstImages, type LabelledImages } from '../src/tensor/images.js';
import { type Effort, median, secondsSince } from './measure.js';

const EPSILON = 0.3;
const WARMUP_IMAGES = 1000;

/** How fast an attack is. */
export interface AttackSpeed {
  readonly attack: AttackName;
  /** Gradients that each image takes. */
  readonly gradients: number;
  readonly images: number;
  /** For all images. */
  readonly seconds: number;
  readonly imagesPerSecond: number;
  /** Images that dropped out because their gradient was zero: if there are any, the speed is too good. */
  readonly zeroGradient: number;
  /** Share of the images still classified correctly afterwards, in [0, 1]: a check that the attack did its work. */
  readonly accuracyAfter: number;
}

export async function benchAttacks(
  pool: WorkerPool,
  network: SharedNetwork,
  images: LabelledImages,
  effort: Effort,
  names: readonly AttackName[] = paperAttacks,
): Promise<AttackSpeed[]> {
  const speeds: AttackSpeed[] = [];
  for (const attack of names) {
    await runAttack(pool, network, firstImages(images, WARMUP_IMAGES), attack);
    const seconds: number[] = [];
    let [zeroGradient, correct] = [0, 0];
    for (let round = 0; round < effort.rounds; round++) {
      const started = performance.now();
      [zeroGradient, correct] = await runAttack(pool, network, images, attack);
      seconds.push(secondsSince(started));
    }
    const { defaultIterations: gradients = 1 } = attacks[attack] as { readonly defaultIterations?: number };
    speeds.push({
      attack,
      gradients,
      images: images.count,
      seconds: median(seconds),
      imagesPerSecond: images.count / median(seconds),
      zeroGradient,
      accuracyAfter: correct / images.count,
    });
  }
  return speeds;
}

/** Images with no gradient, and images classified correctly after the attack. */
async function runAttack(
  pool: WorkerPool,
  network: SharedNetwork,
  images: LabelledImages,
  attack: AttackName,
): Promise<[zeroGradient: number, correct: number]> {
  const job: AttackJob = {
    source: network,
    path: 'true',
    loss: 'cross-entropy',
    targets: [network],
    images,
    plans: [{ attack, options: {}, epsilons: [EPSILON] }],
  };
  const parts = await pool.run('attack', job);
  const sum = (value: (part: (typeof parts)[number]) => number) => parts.reduce((all, part) => all + value(part), 0);
  return [sum((part) => part.zeroGradient), sum(({ correct }) => correct[0][0][0])];
}
