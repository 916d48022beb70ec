/*
 * Measures the images per second of the paper's attacks on the 10,000 test images. The network was trained by
 * backpropagation and the gradient path is the exact one, so no image's gradient is exactly zero. (Such an image is
 * finished at once, and would make the attack look fast.) Each attack's time includes one more forward pass, which
 * classifies the example.
 */
import type { Attack } from '../src/attacks/attack.js';
import { type AttackName, attacks, paperAttacks } from '../src/attacks/index.js';
import type { AttackJob, SharedNetwork } from '../src/parallel/messages.js';
import type { WorkerPool } from '../src/parallel/pool.js';
import { firstImages, type LabelledImages } from '../src/tensor/images.js';
import { median, secondsSince } from './measure.js';

const EPSILON = 0.3;
const WARMUP_IMAGES = 1000;

/** The speed of an attack. */
export interface AttackSpeed {
  readonly attack: AttackName;
  /** The number of gradient evaluations per image. */
  readonly gradients: number;
  readonly images: number;
  /** Seconds for all images. */
  readonly seconds: number;
  readonly imagesPerSecond: number;
  /** The number of images whose gradient was exactly zero. If there are any, the speed is too high. */
  readonly zeroGradient: number;
  /** The adversarial accuracy, in [0, 1]: a check that the attack worked. */
  readonly accuracyAfter: number;
}

/** Measures the attacks in turns, after a short warm-up of each. */
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

/**
 * Runs an attack. Returns the number of images with a gradient of exactly zero, and that of correctly classified
 * examples.
 */
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
  return [sum((part) => part.zeroGradient[0] ?? 0), sum(({ correct }) => correct[0][0][0])];
}
