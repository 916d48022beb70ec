/*
 * Images a second of the paper's attacks on the 10,000 test images: the gradient along the true weights of a network
 * that backpropagation trained, so that no image's gradient is exactly zero (such an image is left alone at once, and
 * would make the attack look fast). Counted with each attack is one more pass forward: what the network says of the
 * example.
 */
import type { Attack } from '../src/attacks/attack.js';
import { type AttackName, attacks, paperAttacks } from '../src/attacks/index.js';
import type { AttackJob, SharedNetwork } from '../src/parallel/messages.js';
import type { WorkerPool } from '../src/parallel/pool.js';
import { firstImages, type LabelledImages } from '../src/tensor/images.js';
import { median, secondsSince } from './measure.js';

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

/** Each of the attacks in turns, after a short one for warming up. */
export async function benchAttacks(
  pool: WorkerPool,
  network: SharedNetwork,
  images: LabelledImages,
  turns: number,
  names: readonly AttackName[] = paperAttacks,
): Promise<AttackSpeed[]> {
  for (const attack of names) await runAttack(pool, network, firstImages(images, WARMUP_IMAGES), attack);
  const runs = names.map((attack) => ({ attack, seconds: [] as number[], zeroGradient: 0, correct: 0 }));
  for (let turn = 0; turn < turns; turn++) {
    for (const run of runs) {
      const started = performance.now();
      [run.zeroGradient, run.correct] = await runAttack(pool, network, images, run.attack);
      run.seconds.push(secondsSince(started));
    }
  }
  return runs.map(({ attack, seconds, zeroGradient, correct }) => ({
    attack,
    gradients: (attacks[attack] as Attack).defaultIterations ?? 1,
    images: images.count,
    seconds: median(seconds),
    imagesPerSecond: images.count / median(seconds),
    zeroGradient,
    accuracyAfter: correct / images.count,
  }));
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
    seed: 1,
  };
  const parts = await pool.run('attack', job);
  const sum = (value: (part: (typeof parts)[number]) => number) => parts.reduce((all, part) => all + value(part), 0);
  return [sum((part) => part.zeroGradient), sum(({ correct }) => correct[0][0][0])];
}
