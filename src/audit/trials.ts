import type { Attack, AttackTarget, Oracle } from '../attacks/attack.js';
import { attacks } from '../attacks/index.js';
import { isWithin, makeExamples } from '../attacks/make-examples.js';
import type { Crew } from '../crew/crew.js';
import { losses } from '../losses/index.js';
import type { AttackTable } from '../metrics/adversarial-accuracy.js';
import { lossFor } from '../metrics/attack-loss.js';
import { CHUNK_SIZE } from '../metrics/chunks.js';
import type { Network } from '../models/network.js';
import { networkOracle } from '../models/oracle.js';
import { type ClassIndices, labelsAt } from '../tensor/class-indices.js';
import { type LabelledImages, loadImage } from '../tensor/images.js';
import { stream } from '../tensor/random.js';
import type { AuditAttack } from './recipe.js';

/** An attack to be run at one epsilon, on some images. */
export interface Trial {
  readonly attack: Pick<AuditAttack, 'attack' | 'path' | 'loss' | 'options' | 'source'>;
  readonly epsilon: number;
  /** Indices of the images. */
  readonly images: Uint32Array;
}

/** What became of some of a trial's images, from the one at `first` on. */
export interface TrialPiece {
  readonly trial: number;
  readonly first: number;
  /** The audited network's answers to the examples. */
  readonly predictions: ClassIndices;
  /** How often the attack showed each image to the network. */
  readonly queries: Int32Array;
  /** How many of the images the attack would have moved to NaN: they stayed as they were. */
  readonly notFinite: number;
}

/** The same, with the seconds that it took. */
export interface TimedPiece extends TrialPiece {
  readonly seconds: number;
}

/** All that an audit's trials are about. */
export interface TrialSetting {
  readonly audited: Network<Float32Array>;
  /** The networks that examples may be made on, by name. */
  readonly sources: ReadonlyMap<string, Network<Float32Array>>;
  readonly images: LabelledImages;
  readonly seed: number;
}

/** Some of a trial's images, which one member of a crew attacks together. */
export interface Piece {
  readonly trial: number;
  /** The place of the first among the trial's images. */
  readonly first: number;
  /** How many they are. */
  readonly n: number;
}

/**
 * Runs the trials, in pieces that the crew's members share out; each returns what it did itself. What comes of an
 * image depends on nothing but the network, the attack, the image and the seed.
 */
export function runTrials(
  setting: TrialSetting,
  trials: readonly Trial[],
  table: AttackTable,
  crew: Crew,
): TrialPiece[] {
  const pieces = piecesOf(trials);
  const done: TrialPiece[] = [];
  for (let piece = crew.claim(pieces.length); piece >= 0; piece = crew.claim(pieces.length)) {
    const { trial, first, n } = pieces[piece];
    const indices = trials[trial].images.subarray(first, first + n);
    done.push({ trial, first, ...runPiece(setting, trials[trial], indices, table) });
    crew.advance();
  }
  return done;
}

/** As {@link runTrials}, with the seconds that each piece took. */
export function timeTrials(
  setting: TrialSetting,
  trials: readonly Trial[],
  table: AttackTable,
  crew: Crew,
): TimedPiece[] {
  const seconds: number[] = [];
  let began = 0;
  const timed: Crew = {
    ...crew,
    claim(end) {
      began = performance.now();
      return crew.claim(end);
    },
    advance() {
      seconds.push((performance.now() - began) / 1000);
      crew.advance();
    },
  };
  return runTrials(setting, trials, table, timed).map((piece, i) => ({ ...piece, seconds: seconds[i] }));
}

/**
 * What the trials are cut into, in the order in which it is claimed: all trials' first images first, so that a piece's
 * cost says little of when its turn comes.
 */
export function piecesOf(trials: readonly Pick<Trial, 'images'>[]): Piece[] {
  const pieces = trials.flatMap(({ images: { length } }, trial) =>
    Array.from({ length: Math.ceil(length / CHUNK_SIZE) }, (_, chunk) => {
      const first = chunk * CHUNK_SIZE;
      return { trial, first, n: Math.min(CHUNK_SIZE, length - first) };
    }),
  );
  return pieces.sort((a, b) => a.first - b.first || a.trial - b.trial);
}

function runPiece(
  { audited, sources, images, seed }: TrialSetting,
  { attack: { attack: name, path, loss, options, source }, epsilon }: Trial,
  indices: Uint32Array,
  { memory, images: clean, adversarial }: AttackTable,
): Pick<TrialPiece, 'predictions' | 'queries' | 'notFinite'> {
  const n = indices.length;
  const labels = labelsAt(images.labels, indices);
  indices.forEach((index, i) => {
    loadImage(images, index, clean, i);
  });
  const attacked = source === undefined ? audited : sources.get(source);
  if (!attacked) throw new Error(`there is no network ${source} to make examples on`);
  const attack: Attack = attacks[name];
  const maximised = lossFor(attack, losses[loss], attacked.classes) ?? losses[loss];
  const oracle: Oracle = networkOracle(attacked, { path, loss: maximised }, CHUNK_SIZE);
  const target: AttackTarget = {
    images: clean,
    labels,
    n,
    gradient: oracle.gradient,
    oracle,
    shape: attacked.inputShape,
    random: (i) => stream(seed).split('audit').split(indices[i]),
  };
  makeExamples(attack, target, { ...options, epsilon }, memory, adversarial);
  const notFinite = takeBackNaN(clean, adversarial, n, memory.size);
  checkBall(name, clean, adversarial, n * memory.size, epsilon);

  const judge = networkOracle(audited, { path, loss: maximised }, CHUNK_SIZE);
  judge.query(adversarial, labels, n);
  return { predictions: judge.predictions(n).slice(0, n), queries: memory.queries.slice(0, n), notFinite };
}

/**
 * Puts the clean image in the place of every example that holds NaN, which a gradient of NaN leaves behind: such a thing
 * is no image, and what a network says of it no success.
 *
 * @returns how many there were
 */
function takeBackNaN(clean: Float32Array, adversarial: Float32Array, n: number, size: number): number {
  let found = 0;
  for (let i = 0; i < n; i++) {
    const example = adversarial.subarray(i * size, (i + 1) * size);
    if (!example.some(Number.isNaN)) continue;
    example.set(clean.subarray(i * size, (i + 1) * size));
    found++;
  }
  return found;
}

/** @throws {Error} if an example is not within epsilon of its image, or not an image: an audit must not count it. */
function checkBall(
  name: string,
  clean: Float32Array,
  adversarial: Float32Array,
  length: number,
  epsilon: number,
): void {
  for (let p = 0; p < length; p++) {
    const value = adversarial[p];
    if (isWithin(value, clean[p], epsilon) && value >= 0 && value <= 1) continue;
    throw new Error(`${name} moved a pixel from ${clean[p]} to ${value} at epsilon ${epsilon}`);
  }
}
