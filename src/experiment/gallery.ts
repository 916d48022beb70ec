/** `gallery.json`: a dozen test images as a run's networks see them, without and with attack. */

import { join } from 'node:path';
import type { AttackOptions } from '../attacks/attack.js';
import { type AttackName, attacks, showsOf } from '../attacks/index.js';
import { GREY_RADIUS } from '../audit/checks/sanity.js';
import { writeWhole } from '../disk/files.js';
import { type LossName, losses } from '../losses/index.js';
import { maximisedLoss } from '../metrics/attack-loss.js';
import { ExampleMaker } from '../metrics/examples.js';
import { buildLayers } from '../models/index.js';
import { Network } from '../models/network.js';
import { softmax } from '../models/trace.js';
import type { SharedNetwork } from '../parallel/messages.js';
import type { WorkerPool } from '../parallel/pool.js';
import { chooseEpsilons } from '../report/epsilon-text.js';
import {
  drawnShape,
  type Gallery,
  type GalleryAnswers,
  type GalleryExample,
  parseGallery,
} from '../report/gallery/gallery.js';
import { rules } from '../rules/index.js';
import { type GradientPath, ownPath } from '../rules/path.js';
import { loadKernels } from '../tensor/backends.js';
import { type ClassIndices, labelsAt } from '../tensor/class-indices.js';
import type { LabelledImages } from '../tensor/images.js';
import { sizeOf, tensor } from '../tensor/tensor.js';

export const GALLERY = 'gallery.json';

const IMAGES = 12;
const NETWORKS = 2;
/** How often images may be shown to the networks, where an attack is none of the quick ones. */
const MOST_SHOWS = 24_000;
/** Bytes of all pictures before they are compressed: with them report.html stays under 1.5 MB. */
const MOST_BYTES = 600_000;
/** Bytes of all pictures in `gallery.json`, which has every pixel. */
const MOST_FILE_BYTES = 2_000_000;

export interface GalleryWork {
  readonly networks: ReadonlyMap<string, SharedNetwork>;
  /** The whole test set. */
  readonly images: LabelledImages;
  readonly dataset: { readonly name: string; readonly classes: readonly string[] };
  /** The audit's, or the attack's. */
  readonly epsilons: readonly number[];
  /** As in a run's own gallery unless said: see {@link writeGallery}. */
  readonly attack?: GalleryAttack | undefined;
  readonly pool: Pick<WorkerPool, 'backend'>;
}

/** How the images are attacked. */
export interface GalleryAttack {
  readonly name: AttackName;
  readonly options: Omit<AttackOptions, 'epsilon'>;
  /** Where the rule's own is not the true one. */
  readonly paths: readonly GradientPath[];
  readonly loss: LossName;
  readonly seed: number;
}

/**
 * Attacks a few test images on BP and FA, or on the first two networks: as the work says, or with the paper's BIM, along
 * the rule's own path on cross-entropy, and along the true path on the margin, which no softmax saturates. Both networks
 * answer each.
 *
 * @returns the file's name
 */
export async function writeGallery(work: GalleryWork, folder: string): Promise<string> {
  const text = `${JSON.stringify(await galleryOf(work))}\n`;
  parseGallery(text, join(folder, GALLERY));
  await writeWhole(join(folder, GALLERY), text);
  return GALLERY;
}

type Networks = ReadonlyMap<string, Network<Float32Array>>;

async function galleryOf(work: GalleryWork): Promise<Gallery> {
  const { networks: shared, images, dataset, epsilons, attack, pool } = work;
  // In memory of its own: the run's is counted beforehand, and this is not in it.
  const kernels = await loadKernels(pool.backend);
  const copy = (shared: Float32Array) => {
    const own = kernels.alloc(shared.length);
    own.set(shared);
    return own;
  };
  const names = ['bp', 'fa'].every((name) => shared.has(name)) ? ['bp', 'fa'] : [...shared.keys()].slice(0, NETWORKS);
  const chosen = names.map((name) => [name, shared.get(name) as SharedNetwork] as const);
  const networks: Networks = new Map(
    chosen.map(([name, { spec, rule, values, feedback }]) => [
      name,
      new Network(buildLayers(spec), rules[rule], kernels, { values: copy(values), feedback: copy(feedback) }),
    ]),
  );
  const [{ inputShape }] = [...networks.values()];
  const size = images.pixels.length / images.count;
  const attempts = chosen.map(([, { rule }]) => attemptsOn(ownPath(rules[rule]), attack));
  const most = mostExamples(attempts.flat(), inputShape, dataset.classes.length);
  const indices = chooseImages(images, Math.max(1, Math.min(IMAGES, most)));
  const shown = showable(epsilons, Math.floor(most / indices.length));
  const bytes = Buffer.concat(indices.map((index) => images.pixels.subarray(index * size, (index + 1) * size)));
  const labels = labelsAt(images.labels, indices);
  const clean = inUnitRange(bytes);
  const told = answersOf(networks, clean);
  const examples = chosen.flatMap(([source], i) =>
    examplesOn(source, attempts[i], shown, networks, { clean, labels, indices }),
  );
  return {
    ...{
      schema: 1,
      dataset: dataset.name,
      attack: attack?.name ?? 'bim',
      shape: inputShape as [1 | 3, number, number],
    },
    ...{ classes: dataset.classes, networks: names, examples },
    images: indices.map((index, i) => ({
      ...{ index, label: labels[i], answers: told[i] },
      pixels: bytes.subarray(i * size, (i + 1) * size).toString('base64'),
    })),
  };
}

const inUnitRange = (bytes: Uint8Array): Float32Array => Float32Array.from(bytes, (byte) => byte / 255);

/** The first test image of each class, then again from the first, in the order of the set. */
export function chooseImages({ labels, count }: LabelledImages, most: number): number[] {
  const seen = new Set<number>();
  const firsts: number[] = [];
  for (let i = 0; i < count; i++) {
    if (!seen.has(labels[i])) firsts.push(i);
    seen.add(labels[i]);
  }
  const chosen = new Set(firsts.slice(0, most));
  for (let i = 0; i < count && chosen.size < most; i++) chosen.add(i);
  return [...chosen].sort((a, b) => a - b);
}

/** At most so many of the audit's epsilons, but one at least, and none at which every network must fall, if there are others. */
function showable(epsilons: readonly number[], most: number): number[] {
  const small = epsilons.filter((epsilon) => epsilon < GREY_RADIUS);
  if (small.length === 0 || most < 2) return (small.length === 0 ? epsilons : small).slice(0, 1);
  return chooseEpsilons(small, most);
}

/** One way to attack a network. */
interface Attempt extends Omit<GalleryAttack, 'paths'> {
  readonly path: GradientPath;
}

function attemptsOn(own: GradientPath, attack: GalleryAttack | undefined): Attempt[] {
  if (attack) return (own === 'true' ? [own] : attack.paths).map((path) => ({ ...attack, path }));
  const bim = { name: 'bim', options: {}, seed: 0 } as const; // nothing in BIM is random
  return [
    { ...bim, path: own, loss: 'cross-entropy' },
    { ...bim, path: 'true', loss: 'margin' },
  ];
}

/** For how many images and epsilons there is room, two pictures each, and time. */
function mostExamples(attempts: readonly Attempt[], shape: readonly number[], classes: number): number {
  const shows = attempts.reduce((sum, { name, options }) => sum + showsOf(name, options, classes), 0);
  const drawn = attempts.length * 2 * sizeOf(drawnShape(shape));
  const stored = (attempts.length + 1) * sizeOf(shape);
  return Math.floor(Math.min(MOST_BYTES / drawn, MOST_FILE_BYTES / stored, MOST_SHOWS / shows));
}

interface Clean {
  readonly clean: Float32Array;
  readonly labels: ClassIndices;
  /** Their places in the test set. */
  readonly indices: readonly number[];
}

function examplesOn(
  source: string,
  attempts: readonly Attempt[],
  epsilons: readonly number[],
  networks: Networks,
  { clean, labels, indices }: Clean,
): GalleryExample[] {
  const network = networks.get(source) as Network<Float32Array>;
  const maker = new ExampleMaker(network, labels.length);
  const size = clean.length / labels.length;
  const examples = epsilons.flatMap((epsilon) =>
    attempts.flatMap(({ name, options, path, loss, seed }) => {
      const settings = { ...options, attack: attacks[name], epsilon, path, loss: losses[loss], seed };
      const maximised = maximisedLoss(name, loss, network.classes);
      const made = new Float32Array(clean.length);
      for (const [first, end] of neighbours(indices)) {
        const some = clean.subarray(first * size, end * size);
        const { adversarial } = maker.make(some, labels.subarray(first, end), indices[first], settings);
        made.set(adversarial.subarray(0, some.length), first * size);
      }
      const told = answersOf(networks, made);
      const bytes = Buffer.from(Uint8ClampedArray.from(made, (pixel) => Math.round(255 * pixel))); // some go beyond
      const rounded = answersOf(networks, inUnitRange(bytes));
      return told.map((answers, image) => ({
        ...{ image, source, path, loss: maximised, epsilon, answers, roundedAnswers: rounded[image] },
        pixels: bytes.subarray(image * size, (image + 1) * size).toString('base64'),
      }));
    }),
  );
  maker.release();
  return examples;
}

/** From where to where the indices follow each other: what is random in an attack belongs to an image's index. */
function neighbours(indices: readonly number[]): [first: number, end: number][] {
  const starts = indices.flatMap((index, i) => (indices[i - 1] === index - 1 ? [] : [i]));
  return starts.map((start, k) => [start, starts[k + 1] ?? indices.length]);
}

/** What each network says to each image. */
function answersOf(networks: Networks, images: Float32Array): GalleryAnswers[] {
  const all = [...networks].map(([name, network]) => {
    const size = sizeOf(network.inputShape);
    const { data } = network.logits(tensor(images, [images.length / size, ...network.inputShape]));
    return { name, classes: network.classes, logits: data as Float32Array };
  });
  const [{ logits, classes }] = all;
  return Array.from({ length: logits.length / classes }, (_, i) =>
    Object.fromEntries(
      all.map((each) => {
        const own = each.logits.subarray(i * classes, (i + 1) * classes);
        if (!own.every(Number.isFinite)) return [each.name, null];
        const shares = softmax(own);
        const confidence = Math.max(...shares);
        return [each.name, { class: shares.indexOf(confidence), confidence }];
      }),
    ),
  );
}
